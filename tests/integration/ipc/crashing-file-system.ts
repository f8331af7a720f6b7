import { closeSync, ftruncateSync, openSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type MailboxFileSystem, nodeFileSystem } from '../../../ipc/mailbox/file/file-system.ts';

/** The real file system up to a chosen call; from then on every call fails, as for a process that has died. */
export interface CrashingFileSystem extends MailboxFileSystem {
  /** Calls so far. */
  readonly calls: number;
  /**
   * What a power cut may do besides: undo every change of a name whose folder was not synced since, the last first,
   * and cut the files whose content was not synced.
   */
  loseUnsynced(): void;
  /** Close what is open for that. */
  release(): void;
}

interface Change {
  folders: string[];
  undo(): void;
}

export function crashAt(call: number): CrashingFileSystem {
  let calls = 0;
  let unsynced: Change[] = [];
  const contents: number[] = [];
  const opened = new Map<number, { path: string; isFolder: boolean }>();
  const step = <Result>(action: () => Result): Result => {
    calls += 1;
    if (calls >= call) throw Object.assign(new Error('the process is dead'), { code: 'EDEAD' });
    return action();
  };
  const changed = (folders: string[], undo: () => void): void => void unsynced.push({ folders, undo });
  const synced = (descriptor: number): void => {
    const { path, isFolder } = opened.get(descriptor) ?? { path: '', isFolder: false };
    unsynced = unsynced.filter(({ folders }) => !folders.includes(isFolder ? path : `content of ${path}`));
  };
  const real = nodeFileSystem;
  return {
    ...real,
    get calls() {
      return calls;
    },
    loseUnsynced() {
      for (const change of unsynced.reverse()) ignoreErrors(change.undo);
      this.release();
    },
    release() {
      for (const descriptor of contents.splice(0)) closeSync(descriptor);
    },
    create: (path) =>
      step(() => {
        const descriptor = real.create(path);
        opened.set(descriptor, { path, isFolder: false });
        changed([dirname(path)], () => real.unlink(path));
        return descriptor;
      }),
    write: (descriptor, content) =>
      step(() => {
        real.write(descriptor, content);
        const path = opened.get(descriptor)?.path ?? '';
        // Found again by this descriptor, whatever names the file has by then.
        const kept = openSync(path, 'r+');
        contents.push(kept);
        changed([`content of ${path}`], () => ftruncateSync(kept, 3));
      }),
    close: (descriptor) => real.close(descriptor),
    sync: (descriptor) => step(async () => synced(descriptor)),
    openFolder: (path) =>
      step(() => {
        const descriptor = real.openFolder(path);
        opened.set(descriptor, { path, isFolder: true });
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
    unlink: (path) => step(() => real.unlink(path)),
    makeFolder: (path) =>
      step(() => {
        real.makeFolder(path);
        changed([dirname(path)], () => rmdirSync(path));
      }),
    removeFolder: (path) => step(() => real.removeFolder(path)),
    touch: (path, changedMs) => step(() => real.touch(path, changedMs)),
    read: (path, limitBytes) => step(() => real.read(path, limitBytes)),
  };
}

function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // Something durable that came later keeps it.
  }
}
