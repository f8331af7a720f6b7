import type { Writable } from 'node:stream';

/** A stream that can go away at any time without taking the process with it. */
export interface Output {
  /** Buffers what the reader is too slow for. Does nothing once the reader is gone. */
  write(text: string): void;
  /** Characters that wait for the reader. */
  readonly waiting: number;
  /** Resolves when all is handed over, when the reader is gone or when `signal` aborts. */
  flush(signal?: AbortSignal): Promise<void>;
  /** Stop listening. A stream that has failed, or still can, keeps the listener, since it may report that later. */
  release(): void;
}

/** Keeps errors of the stream (EPIPE of a closed pipe, ENOSPC of a full disk) away from the run. */
export function openOutput(stream: Writable): Output {
  let gone = false;
  const onError = () => {
    gone = true;
  };
  stream.on('error', onError);
  const usable = () => !gone && stream.errored === null && !stream.destroyed && !stream.writableEnded;

  return {
    write(text) {
      if (usable()) stream.write(text);
    },
    get waiting() {
      return usable() ? stream.writableLength : 0;
    },
    flush(signal) {
      if (!usable() || stream.writableLength === 0 || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          stream.off('error', done).off('close', done);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        stream.once('error', done).once('close', done);
        signal?.addEventListener('abort', done, { once: true });
        stream.write('', done);
      });
    },
    release() {
      if (usable() && stream.writableLength === 0) stream.off('error', onError);
    },
  };
}
