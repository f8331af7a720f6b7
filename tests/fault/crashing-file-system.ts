import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type MailboxFileSystem, nodeFileSystem } from '../../ipc/mailbox/file/file-system.ts';

/** What the file system of the dead calls the life of the machine. */
const bootBefore = 'b0-1';

/** The file system of those who come after it: the machine has gone on, or was started again. */
export function afterwards(powerCut: boolean): MailboxFileSystem {
  return { ...nodeFileSystem, bootId: () => (powerCut ? 'b0-2' : bootBefore) };
}

/** The real file system up to a chosen call; from then on every call fails, as for a process that has died. */
export interface CrashingFileSystem extends MailboxFileSystem {
  /** Calls so far. */
  readonly calls: number;
  /**
   * What a power cut may do besides: cut the files whose content was not synced and, unless the names are kept, undo
   * every change of a name whose folder was not synced since, the last first.
   */
  loseUnsynced(lost: 'contents' | 'everything'): void;
  /** Close what is open for that. */
  release(): void;
}

/** Of a name in some folders, or of the content of an inode. */
interface Change {
  of: (string | number)[];
  undo(): void;
}

export function crashAt(call: number): CrashingFileSystem {
  let calls = 0;
  let unsynced: Change[] = [];
  const contents: number[] = [];
  const opened = new Map<number, string>();
  const step = <Result>(action: () => Result): Result => {
    calls += 1;
    if (calls >= call) throw deadError();
    return action();
  };
  const changed = (of: Change['of'], undo: () => void): void => void unsynced.push({ of, undo });
  /** It takes its time: who does not wait for it has nothing on the disk. */
  const sync = async (descriptor: number): Promise<void> => {
    const path = opened.get(descriptor) ?? '';
    const { ino } = fstatSync(descriptor);
    const pending = new Set(unsynced.filter(({ of }) => of.includes(path) || of.includes(ino)));
    await setImmediate();
    if (calls >= call) throw deadError();
    unsynced = unsynced.filter((change) => !pending.has(change));
  };
  /** Cut what is written from here on, found again by its inode, whatever names it has by then. */
  const willBeCut = (path: string): void => {
    const kept = openSync(path, 'r+');
    contents.push(kept);
    const { ino, size } = fstatSync(kept);
    changed([ino], () => ftruncateSync(kept, size === 0 ? 3 : size));
  };
  const real = nodeFileSystem;
  return {
    ...real,
    get calls() {
      return calls;
    },
    bootId: () => bootBefore,
    loseUnsynced(lost) {
      for (const { of, undo } of unsynced.reverse()) {
        if (lost === 'everything' || typeof of[0] === 'number') ignoreErrors(undo);
      }
      this.release();
    },
    release() {
      for (const descriptor of contents.splice(0)) closeSync(descriptor);
    },
    create: (path) =>
      step(() => {
        const descriptor = real.create(path);
        opened.set(descriptor, path);
        changed([dirname(path)], () => real.unlink(path));
        return descriptor;
      }),
    write: (descriptor, content) =>
      step(() => {
        willBeCut(opened.get(descriptor) ?? '');
        real.write(descriptor, content);
      }),
    rewrite: (path, content) =>
      step(() => {
        willBeCut(path);
        real.rewrite(path, content);
      }),
    close: (descriptor) => real.close(descriptor),
    sync: (descriptor) => step(() => sync(descriptor)),
    openToSync: (path) =>
      step(() => {
        const descriptor = real.openToSync(path);
        opened.set(descriptor, path);
        return descriptor;
      }),
    link: (existing, added) =>
      step(() => {
        real.link(existing, added);
        changed([dirname(added)], () => real.unlink(added));
      }),
    rename: (from, to) =>
      step(() => {
        real.rename(from, to);
        changed([dirname(from), dirname(to)], () => real.rename(to, from));
      }),
    unlink: (path) =>
      step(() => {
        const content = dirname(path).endsWith('/log') ? readFileSync(path) : undefined;
        real.unlink(path);
        // Of the other files another name is left, or nobody was promised anything.
        if (content !== undefined) changed([dirname(path)], () => writeFileSync(path, content, { mode: 0o600 }));
      }),
    makeFolder: (path) =>
      step(() => {
        real.makeFolder(path);
        // With everything that is in it, durable or not: nothing leads there any more.
        changed([dirname(path)], () => rmSync(path, { recursive: true }));
      }),
    removeFolder: (path) => step(() => real.removeFolder(path)),
    names: (folder) => step(() => real.names(folder)),
    exists: (path) => step(() => real.exists(path)),
    status: (path) => step(() => real.status(path)),
    touch: (path, changedMs) => step(() => real.touch(path, changedMs)),
    read: (path, limitBytes) => step(() => real.read(path, limitBytes)),
  };
}

function deadError(): Error {
  return Object.assign(new Error('the process is dead'), { code: 'EIO' });
}

function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // Something durable that came later keeps it.
  }
}
