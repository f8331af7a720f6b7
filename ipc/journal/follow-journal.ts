import { type FSWatcher, watch } from 'node:fs';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { JournalReader } from './journal-reader.ts';
import { openForReading } from './read-journal.ts';

/** How often to look when the system reports no changes, ms. */
const pollMs = 500;

/**
 * The events of a journal from the first one on, and then each new one as it comes. Ends, without an error, when the
 * signal aborts. Throws `journal-failed` like readJournal.
 */
export async function* followJournal(path: string, signal: AbortSignal): AsyncGenerator<FanfoldEvent, void> {
  const handle = await openForReading(path);
  const changes = watchFile(path, signal);
  try {
    const reader = new JournalReader(handle, path);
    while (!signal.aborted) {
      changes.changed = false;
      for await (const { event } of reader.frames()) {
        if (signal.aborted) return;
        yield event;
      }
      await changes.next();
    }
  } finally {
    changes.close();
    await handle.close();
  }
}

interface Changes {
  changed: boolean;
  /** Resolves at the next change, at the latest when it is time to poll, or on abort. */
  next(): Promise<void>;
  close(): void;
}

function watchFile(path: string, signal: AbortSignal): Changes {
  let wake = (): void => {};
  const changes: Changes = {
    changed: false,
    async next() {
      if (changes.changed || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    close() {
      signal.removeEventListener('abort', notice);
      files?.close();
    },
  };
  const notice = (): void => {
    changes.changed = true;
    wake();
  };
  const files = openWatch(path, notice);
  signal.addEventListener('abort', notice);
  return changes;
}

function openWatch(path: string, notice: () => void): FSWatcher | undefined {
  try {
    const files = watch(path, { persistent: false }, notice);
    files.on('error', () => files.close());
    return files;
  } catch {
    return undefined;
  }
}
