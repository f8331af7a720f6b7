/**
 * The journal: the truth about a run, one event a line, written by its coordinator alone. Called by whoever decides
 * something that must survive. Promise: an event whose `append` resolved is on the disk, in order, and is read back
 * exactly as it was given; after a crash the file ends with the last whole event.
 */
import { constants, fdatasync, fstatSync, ftruncateSync, write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { encodeFrame, journalHeader } from './frame.ts';
import { journalError, journalTaken } from './journal-error.ts';
import { JournalReader } from './journal-reader.ts';

export interface Journal extends AsyncDisposable {
  readonly path: string;
  /** Number of the last event given, 0 when there is none. */
  readonly sequence: number;
  /** Resolves when the event is on the disk. Events written side by side share one wait for it. */
  append(event: FanfoldEvent): Promise<void>;
  /** The same without waiting: on the disk soon, and before any later event. A failure shows at the next call. */
  appendLater(event: FanfoldEvent): void;
  /** Resolves when every event given so far is on the disk. */
  flush(): Promise<void>;
  /** Flush and close. Rejects when events could not be written. */
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Wait for the disk; true by default. False survives a kill of the process, but not a power cut. */
  durable?: boolean;
}

/**
 * Open a journal for writing, making it (0600) if it is not there; its folder must be. A torn tail is cut off. Throws
 * `journal-failed` when it is damaged, of a newer version, or can't be written.
 */
export async function openJournal(path: string, { durable = true }: JournalOptions = {}): Promise<Journal> {
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      const reader = new JournalReader(handle, path);
      for await (const _ of reader.frames());
      if ((await handle.stat()).size > reader.offset) await handle.truncate(reader.offset);
      if (reader.offset === 0) await handle.write(journalHeader, 0);
      await handle.sync();
      if (reader.offset === 0) await syncFolder(dirname(path));
      return new FileJournal(handle, path, {
        sequence: reader.sequence,
        offset: reader.offset || journalHeader.length,
        durable,
      });
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw journalError(path, 'being opened', error);
  }
}

interface Pending {
  lines: string[];
  settled: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

class FileJournal implements Journal {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #durable: boolean;
  #sequence: number;
  #offset: number;
  /** Gathers while the batch before it is being written. */
  #pending: Pending | undefined;
  #working: Promise<void> | undefined;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, path: string, start: { sequence: number; offset: number; durable: boolean }) {
    this.#handle = handle;
    this.path = path;
    this.#sequence = start.sequence;
    this.#offset = start.offset;
    this.#durable = start.durable;
  }

  get sequence(): number {
    return this.#sequence;
  }

  async append(event: FanfoldEvent): Promise<void> {
    await this.#add(event).settled;
  }

  appendLater(event: FanfoldEvent): void {
    this.#add(event);
  }

  async flush(): Promise<void> {
    await this.#working;
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): Promise<void> {
    this.#closing ??= this.flush().finally(() => this.#handle.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(event: FanfoldEvent): Pending {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw journalError(this.path, 'appending', new Error('it is closed'));
    const line = encodeFrame(this.#sequence + 1, event);
    this.#sequence += 1;
    this.#pending ??= newPending();
    const pending = this.#pending;
    pending.lines.push(line);
    this.#working ??= this.#work();
    return pending;
  }

  async #work(): Promise<void> {
    // One turn of the microtasks: events appended side by side become one batch.
    await Promise.resolve();
    while (this.#pending !== undefined) {
      const batch = this.#pending;
      this.#pending = undefined;
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#write(Buffer.from(batch.lines.join('')));
        batch.resolve();
      } catch (error) {
        this.#failure ??= journalError(this.path, 'writing', error);
        batch.reject(this.#failure);
      }
    }
    this.#working = undefined;
  }

  /**
   * Nothing is written after a failure: the disk may have kept a part, and what follows would stand behind it. The
   * length of the file shows whether another process writes too.
   */
  async #write(bytes: Buffer): Promise<void> {
    const { fd } = this.#handle;
    if (fstatSync(fd).size !== this.#offset) throw journalTaken(this.path);
    try {
      for (let written = 0; written < bytes.length; ) {
        written += await writeAt(fd, bytes.subarray(written), this.#offset + written);
      }
      if (this.#durable) await syncData(fd);
    } catch (error) {
      cutOff(fd, this.#offset);
      throw error;
    }
    this.#offset += bytes.length;
  }
}

function newPending(): Pending {
  let resolve = (): void => {};
  let reject = (_: unknown): void => {};
  const settled = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  // Those who append without waiting learn of a failure at their next call.
  settled.catch(() => {});
  return { lines: [], settled, resolve, reject };
}

function writeAt(fd: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, position, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** What of a failed batch has reached the file was never acknowledged; if it can't be cut off it is a torn tail. */
function cutOff(fd: number, offset: number): void {
  try {
    ftruncateSync(fd, offset);
  } catch {
    // The next opening does it.
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
