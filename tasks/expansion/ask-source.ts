import { FanfoldError } from '../errors/fanfold-error.ts';

/** A failure of an expansion source as a problem of the field that asked; cancellation and defects go on as they are. */
export async function askSource<T extends object>(work: () => Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FanfoldError) || error.failure === 'cancelled' || error.code === 'internal') throw error;
    return { problem: `found nothing to read: ${error.message} ${error.next}` };
  }
}
