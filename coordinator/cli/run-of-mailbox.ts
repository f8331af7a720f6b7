import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type RunFolder, runFolder, stateFolder } from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';

export interface RunPlace {
  run: RunFolder;
  /** The folder that the run works on. */
  folder: string;
}

/**
 * The run that a mailbox belongs to, by its place: `<folder>/.fanfold/runs/<run>/mailbox`, of this user's own, with a
 * journal beside it. FanfoldError `mailbox-not-found` for any other folder.
 */
export async function runOfMailbox(path: string, current: string): Promise<RunPlace> {
  const wanted = resolve(current, path);
  const real = await realpath(wanted).catch((error: unknown) => {
    throw notOfARun(wanted, messageOf(error));
  });
  const root = dirname(real);
  const folder = resolve(root, '../../..');
  const run = runFolder(stateFolder(folder), basename(root));
  if (run.mailbox !== real) throw notOfARun(wanted, 'it does not lie in .fanfold/runs/<run>/');
  await requireOwn(real, 'isDirectory', wanted);
  await requireOwn(join(real, 'format-1'), 'isFile', wanted);
  await requireOwn(run.journal, 'isFile', wanted);
  return { run, folder };
}

async function requireOwn(path: string, kind: 'isDirectory' | 'isFile', wanted: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    throw notOfARun(wanted, messageOf(error));
  });
  const user = process.geteuid?.();
  if (!found[kind]()) throw notOfARun(wanted, `${path} is no ${kind === 'isFile' ? 'file' : 'folder'}`);
  if (user !== undefined && found.uid !== user)
    throw notOfARun(wanted, `${path} belongs to user ${found.uid}, not to user ${user} who runs this`);
}

function notOfARun(path: string, why: string): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-not-found',
    message: `${path} is not the mailbox of a run: ${why}.`,
    next: 'Name <folder>/.fanfold/runs/<run>/mailbox, or a run that is at work: `fanfold worker <run>`.',
    data: { path },
  });
}
