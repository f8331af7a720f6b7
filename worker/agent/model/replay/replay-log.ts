/**
 * Which turns of recordings a run has used, for its last words: one short line in its folder for each, written by all
 * its threads and workers. What can't be written or read only makes those words less exact.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Recording, TurnEntry } from './read-recording.ts';

export function noteUsed(runFolder: string, { digest }: Recording, { index }: TurnEntry): void {
  try {
    appendFileSync(logIn(runFolder), `${digest} ${index}\n`, { mode: 0o600 });
  } catch {
    // It is told as unused then.
  }
}

/** Of the recording, positions of the turns that runs have used. */
export function usedTurns(runFolders: readonly string[], { digest }: Recording): Set<number> {
  const used = new Set<number>();
  for (const folder of runFolders) {
    for (const line of readLog(folder).split('\n')) {
      const [of, index] = line.split(' ');
      if (of === digest) used.add(Number(index));
    }
  }
  return used;
}

function readLog(folder: string): string {
  try {
    return readFileSync(logIn(folder), 'utf8');
  } catch {
    return '';
  }
}

function logIn(runFolder: string): string {
  return join(runFolder, 'replayed.log');
}
