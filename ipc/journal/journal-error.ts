import { FanfoldError, messageOf } from '../../tasks/index.ts';

/** A failed operation on a journal as the error that its users get. FanfoldErrors pass unchanged. */
export function journalError(path: string, doing: string, error: unknown): FanfoldError {
  if (error instanceof FanfoldError) return error;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new FanfoldError({
    code: 'journal-failed',
    message: `The journal ${path} failed while ${doing}: ${messageOf(error)}.`,
    next: full
      ? 'Free disk space, then resume the run: what was acknowledged is safe.'
      : 'Check that the folder of the run is there and can be written, then resume the run.',
    data: { path, errno: code },
    cause: error,
  });
}

export function journalCorrupt(path: string, what: string): FanfoldError {
  return new FanfoldError({
    code: 'journal-failed',
    message: `The journal ${path} is damaged: ${what}.`,
    next: 'Restore the file from a backup, or start the run anew; the branches of its subtasks are still there.',
    data: { path },
  });
}

export function journalTooNew(path: string, version: number, known: number): FanfoldError {
  return new FanfoldError({
    code: 'journal-failed',
    message: `The journal ${path} has version ${version}; this Fanfold reads up to ${known}.`,
    next: 'Use the version of Fanfold that wrote it, or a newer one.',
    data: { path, version },
  });
}

export function journalTaken(path: string): FanfoldError {
  return new FanfoldError({
    code: 'journal-failed',
    message: `Another process writes to the journal ${path}.`,
    next: 'Only one coordinator may work on a run: wait until the other one ends, or cancel it.',
    data: { path },
  });
}
