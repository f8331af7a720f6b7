/**
 * What follows from a failed try of one turn. Called by anthropic-model.ts. Promise: a refusal (429, 529) alone never
 * ends a turn, unless somebody else can take it; whatever else may pass is tried again a limited number of times.
 */
import { fullJitter } from './governor/full-jitter.ts';
import type { ModelFailure } from './model-failure.ts';

/** How long a turn is held up by refusals before another model may have it. */
export interface Patience {
  /** Overloads (529) in a row. */
  overloads: number;
  /** All waits of the turn together, ms. */
  waitMs: number;
}

export interface TriesOptions {
  /** Tries that failed otherwise than by a refusal. */
  attempts: number;
  backoffMs: number;
  patience?: Patience | undefined;
}

export interface Tries {
  readonly count: number;
  /** All that was waited so far, ms. */
  readonly waitedMs: number;
  /** What may still be waited, ms; infinite for a turn that nobody else can take. */
  readonly patienceMs: number;
  waited(ms: number): void;
  /** How long to wait before the next try, ms; undefined when there is to be none. */
  after(failure: ModelFailure): number | undefined;
}

const longestBackoffMs = 30_000;
/** A server that answers nothing at all is not there: its user wants to know soon. */
const attemptsAtNobody = 4;
/** Each costs the whole idle limit. */
const toleratedStalls = 3;

export function createTries({ attempts, backoffMs, patience }: TriesOptions): Tries {
  let [count, waitedMs] = [1, 0];
  let [failures, stalls, inRow, overloads] = [0, 0, 0, 0];
  const patienceMs = (): number => (patience === undefined ? Number.POSITIVE_INFINITY : patience.waitMs - waitedMs);

  function isInVain({ passing, refused, unreachable, stalled }: ModelFailure): boolean {
    if (refused !== undefined) {
      overloads = refused.why === 'overload' ? overloads + 1 : 0;
      return (
        overloads >= (patience?.overloads ?? Number.POSITIVE_INFINITY) || (refused.retryAfterMs ?? 0) > patienceMs()
      );
    }
    overloads = 0;
    failures += 1;
    if (stalled === true) stalls += 1;
    const limit = unreachable === true ? Math.min(attempts, attemptsAtNobody) : attempts;
    return passing !== true || failures >= limit || stalls >= toleratedStalls;
  }

  return {
    get count() {
      return count;
    },
    get waitedMs() {
      return waitedMs;
    },
    get patienceMs() {
      return patienceMs();
    },
    waited(ms) {
      waitedMs += ms;
    },
    after(failure) {
      if (isInVain(failure)) return undefined;
      count += 1;
      // Where the server has said for how long, the governor sees to it; this only spreads those who come back.
      const isToldWhen = failure.refused?.retryAfterMs !== undefined;
      if (!isToldWhen) inRow += 1;
      return fullJitter(isToldWhen ? 1 : inRow, backoffMs, longestBackoffMs);
    },
  };
}
