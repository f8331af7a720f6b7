import type { FileHandle } from 'node:fs/promises';
import { decodeFrame, decodeHeader, type Frame, journalVersion } from './frame.ts';
import { journalCorrupt, journalTooNew } from './journal-error.ts';

const chunkBytes = 256 * 1024;
const newline = 0x0a;

/**
 * Reads frames from where it stopped to the end of the file, again and again. Unfinished or damaged lines at the end
 * are a tail that a crash tore off, or that the writer has not finished: they are left alone, and looked at again the
 * next time. A damaged line with a whole one after it is corruption and throws `journal-failed`.
 */
export class JournalReader {
  readonly #handle: FileHandle;
  readonly #path: string;
  #hasHeader = false;
  /** Where the last whole line ends, bytes. */
  offset = 0;
  /** Number of the last event that was read. */
  sequence = 0;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async *frames(): AsyncGenerator<Frame, void> {
    let damagedAt: number | undefined;
    for await (const { line, start, end } of this.#lines(this.offset)) {
      if (!this.#hasHeader) {
        this.#readHeader(line);
        this.offset = end;
        continue;
      }
      const frame = decodeFrame(line);
      if (frame === undefined) damagedAt ??= start;
      else if (damagedAt !== undefined) throw this.#damaged(damagedAt, `before the whole line ${frame.sequence}`);
      else if (frame.sequence !== this.sequence + 1) {
        throw this.#damaged(start, `which has number ${frame.sequence} after ${this.sequence}`);
      } else {
        this.sequence = frame.sequence;
        this.offset = end;
        yield frame;
      }
    }
  }

  #readHeader(line: string): void {
    const version = decodeHeader(line);
    if (version === undefined) throw journalCorrupt(this.#path, 'it does not begin with the header of a journal');
    if (version > journalVersion) throw journalTooNew(this.#path, version, journalVersion);
    this.#hasHeader = true;
  }

  #damaged(at: number, what: string): Error {
    return journalCorrupt(this.#path, `the line at byte ${at}, ${what}, is not what was written`);
  }

  /** Lines that end with a newline, with the bytes where they start and end. */
  async *#lines(from: number): AsyncGenerator<{ line: string; start: number; end: number }> {
    let rest = Buffer.alloc(0);
    let start = from;
    for (let position = from; ; ) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const text =
        rest.length === 0 ? buffer.subarray(0, bytesRead) : Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let lineStart = 0;
      for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, lineStart)) {
        const end = start + at + 1 - lineStart;
        yield { line: text.toString('utf8', lineStart, at), start, end };
        start = end;
        lineStart = at + 1;
      }
      rest = text.subarray(lineStart);
    }
  }
}
