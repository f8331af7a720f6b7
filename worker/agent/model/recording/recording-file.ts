/**
 * Appends to a recording that many threads and processes write at the same time. Promise: what one call appends is one
 * write at the end of the file, so lines of others never stand between or within; a writer that is killed leaves at
 * most half a line of its own, which the empty line before the next write keeps apart.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { RecordingLine } from './recording-format.ts';

export interface RecordingFile {
  /** Parts and models that were written already are left out. Throws what opening and writing a file throw. */
  append(lines: readonly RecordingLine[]): void;
  /** Counts as written. */
  know(hash: string): void;
}

/** The file must be there: begin-recording.ts makes it. */
export function openRecordingFile(path: string): RecordingFile {
  const known = new Set<string>();
  return {
    know: (hash) => known.add(hash),
    append(lines) {
      const fresh = lines.filter((line) => line.type === 'turn' || !known.has(keyOf(line)));
      const bytes = Buffer.from(`\n${fresh.map((line) => JSON.stringify(line)).join('\n')}\n`);
      const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
      try {
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      } finally {
        closeSync(file);
      }
      for (const line of fresh) if (line.type !== 'turn') known.add(keyOf(line));
    },
  };
}

function keyOf(line: Exclude<RecordingLine, { type: 'turn' }>): string {
  return line.type === 'part' ? line.hash : `model ${line.name}`;
}
