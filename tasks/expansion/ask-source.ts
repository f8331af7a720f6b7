import { FanfoldError } from '../errors/fanfold-error.ts';

/** The field that asked is not at fault: another one is, or the command line. */
const othersFault: ReadonlySet<string> = new Set(['base-unknown', 'task-file-untrusted', 'internal']);

/** A failure of an expansion source as a problem of the field that asked; cancellation and defects go on as they are. */
export async function askSource<T extends object>(work: () => Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FanfoldError) || error.failure === 'cancelled' || othersFault.has(error.code)) throw error;
    if (error.code === 'command-failed')
      return { problem: `found a command that fails. ${error.message} ${error.next}` };
    return { problem: `found nothing to read: ${error.message} ${error.next}` };
  }
}
