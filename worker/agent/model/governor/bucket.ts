/**
 * What is left of one of a server's limits, between two answers that tell it: what they said, less what was sent since,
 * plus what has come back. Used by lane.ts. Times are ms of one clock, amounts are requests or tokens.
 */
import type { Allowance } from './rate-limit-headers.ts';

export interface Bucket {
  /**
   * `sequence` numbers the request that was answered: an answer to an older request than the last is old news. `since`
   * is what requests after it have taken or will take.
   */
  learn(allowance: Allowance, sequence: number, since: number, now: number): void;
  spend(amount: number, now: number): void;
  /** Until `amount` is there. An amount above the limit counts as the limit: the server lets it through when full. */
  waitMs(amount: number, now: number): number;
}

/** A minute is what the limits of the public API are for. */
const usualPeriodMs = 60_000;

export function createBucket(): Bucket {
  let known: { limit: number; left: number; at: number; perMs: number; sequence: number; until: number } | undefined;

  const leftAt = (now: number): number =>
    known === undefined ? 0 : Math.min(known.limit, known.left + (now - known.at) * known.perMs);

  return {
    learn({ limit, remaining, fullInMs }, sequence, since, now) {
      if (known !== undefined && sequence < known.sequence) return;
      const used = limit - remaining;
      const perMs = used > 0 && fullInMs > 0 ? used / fullInMs : limit / usualPeriodMs;
      // A server that has long said nothing of this limit may have none any more.
      const until = now + fullInMs + usualPeriodMs;
      known = { limit, left: remaining - since, at: now, perMs, sequence, until };
    },
    spend(amount, now) {
      if (known !== undefined) Object.assign(known, { left: leftAt(now) - amount, at: now });
    },
    waitMs(amount, now) {
      if (known === undefined || now > known.until) return 0;
      const missing = Math.min(amount, known.limit) - leftAt(now);
      return missing <= 0 ? 0 : missing / known.perMs;
    },
  };
}
