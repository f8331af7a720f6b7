/**
 * Lets the first of several agents with the same shared prefix write the prompt cache before the others ask: an entry
 * can be read only once the answer that writes it has begun. Called by watch-prompts.ts; made once per thread. Threads
 * and processes agree through files of the run's folder (warm-up-files.ts). Promise: nobody waits longer than the limit,
 * none waits for who is gone or has failed, and where the files can't be used nobody waits at all.
 */
import { createWarmUpFiles, type WarmUpFiles } from './warm-up-files.ts';

export interface WarmUp {
  /** Resolves when a request with this prefix may be sent, and never rejects; `prefix` names it within the run. */
  enter(runFolder: string, prefix: string, signal: AbortSignal): Promise<WarmUpEntry>;
}

export interface WarmUpEntry {
  /** How long it was held back, ms. */
  heldMs: number;
  /** The answer to a request with this prefix has begun. */
  begun(): void;
  /** The request has ended; where no answer began, `forOthers` says what that means to those who wait. */
  ended(forOthers: 'may-try' | 'need-not-wait'): void;
}

export interface WarmUpOptions {
  /** The longest that somebody waits. Default 10,000 ms. */
  longestMs?: number;
  /** So long after its last use a prefix counts as kept; the cache keeps it for 300,000 ms. Default 240,000 ms. */
  freshMs?: number;
}

/** What one thread knows of a prefix. */
interface Place {
  files: WarmUpFiles;
  usedAt: number;
  /** When other threads were told so the last time. */
  toldAt: number;
  /** Wakes those who wait. */
  waiting: Set<() => void>;
  looking: NodeJS.Timeout | undefined;
}

const lookAgainMs = 10;
/** Use is told to other threads not more often than this. */
const tellAgainMs = 30_000;

export function createWarmUp({ longestMs = 10_000, freshMs = 240_000 }: WarmUpOptions = {}): WarmUp {
  const places = new Map<string, Place>();

  function placeOf(runFolder: string, prefix: string): Place {
    const key = `${runFolder}\n${prefix}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    const files = createWarmUpFiles(runFolder, prefix, longestMs);
    const place: Place = { files, usedAt: 0, toldAt: 0, waiting: new Set(), looking: undefined };
    places.set(key, place);
    return place;
  }

  function isWarm(place: Place): boolean {
    if (Date.now() - place.usedAt < freshMs) return true;
    place.usedAt = Math.max(place.usedAt, place.files.usedAt());
    return Date.now() - place.usedAt < freshMs;
  }

  /** True for the one who is to write. */
  async function hold(place: Place, signal: AbortSignal): Promise<boolean> {
    const until = performance.now() + longestMs;
    while (!signal.aborted && performance.now() < until) {
      if (isWarm(place)) return false;
      // Somebody of this thread is looking for all.
      const state = place.waiting.size > 0 ? 'taken' : place.files.state();
      if (state === 'given-up') return false;
      if (state === 'free' && place.files.claim()) return true;
      await untilNews(place, until - performance.now(), signal);
    }
    return false;
  }

  function untilNews(place: Place, longest: number, signal: AbortSignal): Promise<void> {
    place.looking ??= setInterval(() => {
      if (isWarm(place) || place.files.state() !== 'taken') wakeAll(place);
    }, lookAgainMs);
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        place.waiting.delete(wake);
        if (place.waiting.size === 0) {
          clearInterval(place.looking);
          place.looking = undefined;
        }
        resolve();
      };
      const timer = setTimeout(wake, longest);
      signal.addEventListener('abort', wake, { once: true });
      place.waiting.add(wake);
    });
  }

  return {
    async enter(runFolder, prefix, signal) {
      const place = placeOf(runFolder, prefix);
      const startedAt = performance.now();
      const isFirst = await hold(place, signal).catch(() => false);
      let hasBegun = false;
      return {
        heldMs: isFirst ? 0 : performance.now() - startedAt,
        begun() {
          hasBegun = true;
          place.usedAt = Date.now();
          if (place.usedAt - place.toldAt >= tellAgainMs) {
            place.toldAt = place.usedAt;
            place.files.warm();
          }
          wakeAll(place);
        },
        ended(forOthers) {
          if (!isFirst || hasBegun) return;
          if (forOthers === 'may-try') place.files.release();
          else place.files.giveUp();
          wakeAll(place);
        },
      };
    },
  };
}

function wakeAll({ waiting }: Place): void {
  for (const wake of [...waiting]) wake();
}
