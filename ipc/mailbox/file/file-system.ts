/**
 * The file operations that the file mailbox is made of. Synchronous where a call takes microseconds (a trip through the
 * thread pool costs more than a rename); only waiting for the disk is asynchronous. Tests hand in an implementation
 * that dies at a chosen call.
 */
import * as fs from 'node:fs';

interface FileStatus {
  isFile: boolean;
  isDirectory: boolean;
  inode: number;
  /** Number of names the file has. */
  links: number;
  bytes: number;
  /** Time of the last change, ms. */
  changedMs: number;
  /** Time of the last change of its content, its name or its times, ms. */
  touchedMs: number;
  owner: number;
  mode: number;
}

export interface MailboxFileSystem {
  /** Create a file, 0600, that must not exist yet. Returns its descriptor. */
  create(path: string): number;
  /** Write all of it. */
  write(descriptor: number, content: string): void;
  /** Write a plain file that is there anew, in place. */
  rewrite(path: string, content: string): void;
  close(descriptor: number): void;
  /** Resolves when the file, or the folder's list of names, is on the disk. */
  sync(descriptor: number): Promise<void>;
  /** Open a file or a folder that is there, to wait for it. */
  openToSync(path: string): number;
  link(existing: string, added: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Make a folder, 0700. */
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  names(folder: string): string[];
  exists(path: string): boolean;
  /** Undefined when there is nothing. Symbolic links are not followed. */
  status(path: string): FileStatus | undefined;
  /** Set the time of the last change, ms. */
  touch(path: string, changedMs: number): void;
  /** Names the time since the machine was started; undefined where the system has no such name. */
  bootId(): string | undefined;
  /** The content of a plain file; symbolic links and all other kinds are refused, without waiting for them. */
  read(path: string, limitBytes: number): Buffer;
}

const { O_RDONLY, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

export const nodeFileSystem: MailboxFileSystem = {
  create: (path) => fs.openSync(path, 'wx', 0o600),
  write(descriptor, content) {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) {
      written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
    }
  },
  rewrite(path, content) {
    const descriptor = fs.openSync(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      // Never shorter than it was: another process may be reading what this one writes again.
      this.write(descriptor, content);
      fs.ftruncateSync(descriptor, Buffer.byteLength(content));
    } finally {
      fs.closeSync(descriptor);
    }
  },
  close: (descriptor) => fs.closeSync(descriptor),
  sync: (descriptor) =>
    new Promise((resolve, reject) => {
      fs.fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
    }),
  openToSync: (path) => fs.openSync(path, O_RDONLY | O_NONBLOCK),
  link: (existing, added) => fs.linkSync(existing, added),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  makeFolder: (path) => void fs.mkdirSync(path, { mode: 0o700 }),
  removeFolder: (path) => fs.rmdirSync(path),
  names: (folder) => fs.readdirSync(folder),
  exists: (path) => fs.existsSync(path),
  status(path) {
    const status = fs.lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    return {
      isFile: status.isFile(),
      isDirectory: status.isDirectory(),
      inode: status.ino,
      links: status.nlink,
      bytes: status.size,
      changedMs: status.mtimeMs,
      touchedMs: status.ctimeMs,
      owner: status.uid,
      mode: status.mode,
    };
  },
  touch: (path, changedMs) => fs.utimesSync(path, changedMs / 1000, changedMs / 1000),
  bootId() {
    try {
      return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    } catch {
      return undefined;
    }
  },
  read(path, limitBytes) {
    const descriptor = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const status = fs.fstatSync(descriptor);
      if (!status.isFile()) throw new Error('it is not a plain file');
      if (status.size > limitBytes) throw new Error(`it has ${status.size} bytes, more than ${limitBytes}`);
      return fs.readFileSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  },
};

/** The code of a failed call, for instance ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** True when the action was done, false when it failed for one of these reasons; anything else is thrown. */
export function attempt(action: () => void, ...expected: string[]): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (expected.includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/** For clearing up after a failure, whose own error matters more. */
export function clearUp(action: () => void): void {
  try {
    action();
  } catch {
    // What could not be removed now is found by the sweep.
  }
}

/** The names in a folder, or none when it does not exist. */
export function namesIn(fileSystem: MailboxFileSystem, folder: string): string[] {
  try {
    return fileSystem.names(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
