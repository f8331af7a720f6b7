/**
 * Who writes a prefix to the prompt cache, and when it was last in use, as files of the run's folder, for all threads
 * and processes that work for the run. Called by warm-up.ts. Promise: only `claim` throws, and only what the file system
 * does; a file that is wrong or missing costs a wait or a write to the cache, never more.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { isProcessGone, processIdentity, promptCacheFolder } from '../../../ipc/index.ts';

export interface WarmUpFiles {
  /** Ms since the epoch; 0 where it was never in use. */
  usedAt(): number;
  /** `given-up`: it is taken, and there is no use in waiting for it. */
  state(): 'free' | 'taken' | 'given-up';
  /** False where another was faster. */
  claim(): boolean;
  /** It is in use; the claim is over. */
  warm(): void;
  /** Somebody else may claim it. */
  release(): void;
  giveUp(): void;
}

/** A claim that is older than `longestMs` counts as given up. */
export function createWarmUpFiles(runFolder: string, prefix: string, longestMs: number): WarmUpFiles {
  const folder = promptCacheFolder(runFolder);
  const [warm, warming] = [folder.warm(prefix), folder.warming(prefix)];
  return {
    usedAt: () => changedAt(warm) ?? 0,
    state() {
      const since = changedAt(warming);
      if (since === undefined) return 'free';
      if (Date.now() - since >= longestMs) return 'given-up';
      if (!isHolderGone(warming)) return 'taken';
      quietly(() => rmSync(warming, { force: true }));
      return 'free';
    },
    claim() {
      mkdirSync(folder.root, { recursive: true, mode: 0o700 });
      return create(warming, processIdentity());
    },
    warm() {
      quietly(() => {
        if (!create(warm, '')) utimesSync(warm, new Date(), new Date());
        rmSync(warming, { force: true });
      });
    },
    release: () => quietly(() => rmSync(warming, { force: true })),
    giveUp: () => quietly(() => utimesSync(warming, 0, 0)),
  };
}

function changedAt(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch {
    return undefined;
  }
}

/** One that has not written who it is yet is not gone. */
function isHolderGone(path: string): boolean {
  try {
    const holder = readFileSync(path, 'latin1');
    return holder !== '' && isProcessGone(holder);
  } catch {
    return false;
  }
}

function create(path: string, text: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What fails here others notice by the claim's age. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See above.
  }
}
