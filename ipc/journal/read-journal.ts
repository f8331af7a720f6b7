import { open } from 'node:fs/promises';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { journalError } from './journal-error.ts';
import { JournalReader } from './journal-reader.ts';

/**
 * The events of a journal, in order, also while its writer is at work. A torn tail is left out. Throws
 * `journal-failed` when the file is missing, damaged or of a newer version.
 */
export async function* readJournal(path: string): AsyncGenerator<FanfoldEvent, void> {
  const handle = await openForReading(path);
  try {
    for await (const { event } of new JournalReader(handle, path).frames()) yield event;
  } finally {
    await handle.close();
  }
}

export async function openForReading(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  return open(path, 'r').catch((error: unknown) => {
    throw journalError(path, 'being opened', error);
  });
}
