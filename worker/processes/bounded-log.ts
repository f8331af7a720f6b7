/**
 * A log file that can't fill the disk: its first bytes are written as they come, of the rest only the end is kept and
 * written at the close. Written synchronously in the pieces a pipe delivers, so that a killed worker loses nothing.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

export interface BoundedLog {
  write(bytes: Buffer): void;
  close(): void;
}

const tailBytes = 64 * 1024;

/** Appends to `path`; at most about `limitBytes` are added. */
export function openBoundedLog(path: string, limitBytes: number): BoundedLog {
  const file = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  let room = Math.max(0, limitBytes - tailBytes);
  let tail: Buffer = Buffer.alloc(0);
  let dropped = 0;
  return {
    write(bytes) {
      const now = bytes.subarray(0, room);
      if (now.length > 0) writeSync(file, now);
      room -= now.length;
      if (now.length === bytes.length) return;
      const rest = Buffer.concat([tail, bytes.subarray(now.length)]);
      dropped += Math.max(0, rest.length - tailBytes);
      tail = rest.subarray(Math.max(0, rest.length - tailBytes));
    },
    close() {
      if (dropped > 0) writeSync(file, `\n… ${dropped} bytes left out …\n`);
      if (tail.length > 0) writeSync(file, tail);
      closeSync(file);
    },
  };
}
