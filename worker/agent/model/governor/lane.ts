/**
 * The requests of everybody to one server with one credential and model: who may send now, and who waits for how long.
 * Used by hub.ts; no clock, timer or socket of its own. Promise: in order of `order`; never more than the window under
 * way, none before a pause is over, none that the server's limits leave no room for.
 */
import { type Bucket, createBucket } from './bucket.ts';
import type { Settlement } from './governor.ts';
import type { Allowance, LimitKind } from './rate-limit-headers.ts';
import { createWindow, type Window } from './window.ts';

export interface Ticket {
  /** When the turn began, ms: who waits longer goes first. */
  order: number;
}

export interface Lane {
  ask(ticket: Ticket): void;
  /** It was sent before the lane was governed; counted into the window unless that is known from elsewhere. */
  hold(ticket: Ticket, widens: boolean): void;
  /** It waits no longer, or whoever sent it is gone. */
  withdraw(ticket: Ticket): void;
  learn(ticket: Ticket | undefined, allowances: readonly Allowance[], now: number): void;
  settle(ticket: Ticket | undefined, settlement: Settlement, now: number): void;
  /** What another governor knew. */
  adopt(limit: number | undefined, pauseMs: number, now: number): void;
  /** Those that may be sent now, which from then on are under way. */
  admit(now: number): Ticket[];
  /** Until `admit` may have more without anything else happening; undefined when it won't. */
  waitMs(now: number): number | undefined;
  /** A guess at how long a ticket that waits has to wait. */
  expectedMs(ticket: Ticket, now: number): number;
  /** Nobody waits, and for `forMs` nobody had to and nothing was refused. */
  isCalm(forMs: number, now: number): boolean;
  summary(now: number): { limit?: number; pauseMs: number };
  readonly waiting: number;
}

/** After a pause requests to a server that tells no limits are spread over one round trip, at most so far apart. */
const longestGapMs = 100;
/** Until one is known. */
const usualRoundTripMs = 1_000;
/** Weight of the newest request in averages. */
const newest = 0.1;

export function createLane(): Lane {
  const queue: Ticket[] = [];
  const active = new Map<Ticket, { sequence: number; startedAt: number }>();
  const buckets = new Map<LimitKind, Bucket>();
  let window: Window | undefined;
  let sequence = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** Requests still to be spread, and the earliest time of the next. */
  let [spread, nextAt] = [0, Number.NEGATIVE_INFINITY];
  let stirredAt = Number.NEGATIVE_INFINITY;
  let [roundTripMs, inputTokens, outputTokens] = [0, 0, 0];

  const costOf = (kind: LimitKind): number => {
    if (kind === 'requests') return 1;
    if (kind === 'input-tokens') return inputTokens;
    return kind === 'output-tokens' ? outputTokens : inputTokens + outputTokens;
  };
  const room = (): number => Math.max(1, Math.floor(window?.size ?? Number.POSITIVE_INFINITY)) - active.size;
  const bucketWaitMs = (count: number, now: number): number =>
    Math.max(0, ...[...buckets].map(([kind, bucket]) => bucket.waitMs(count * costOf(kind), now)));
  const holdMs = (now: number): number => Math.max(0, pausedUntil - now, nextAt - now, bucketWaitMs(1, now));
  const pause = (ms: number, now: number): void => {
    pausedUntil = Math.max(pausedUntil, now + ms);
    // A server that tells what it can take is sent that at once.
    spread = buckets.size === 0 ? Number.POSITIVE_INFINITY : 0;
  };

  function start(ticket: Ticket, now: number): void {
    sequence += 1;
    active.set(ticket, { sequence, startedAt: now });
    for (const [kind, bucket] of buckets) bucket.spend(costOf(kind), now);
    if (spread === 0) return;
    const most = Math.min(window?.size ?? active.size + queue.length, active.size + queue.length);
    spread = Math.min(spread, most) - 1;
    if (spread < 1) spread = 0;
    nextAt = Math.max(nextAt, now) + Math.min(longestGapMs, (roundTripMs || usualRoundTripMs) / Math.max(1, most));
  }

  const average = (before: number, value: number): number =>
    before === 0 ? value : before + (value - before) * newest;

  return {
    get waiting() {
      return queue.length;
    },
    ask(ticket) {
      let place = queue.length;
      while (place > 0 && (queue[place - 1]?.order ?? 0) > ticket.order) place -= 1;
      queue.splice(place, 0, ticket);
    },
    hold(ticket, widens) {
      active.set(ticket, { sequence: 0, startedAt: Number.NaN });
      if (widens) window?.widen(1);
    },
    withdraw(ticket) {
      const place = queue.indexOf(ticket);
      if (place !== -1) queue.splice(place, 1);
      active.delete(ticket);
    },
    learn(ticket, allowances, now) {
      const of = (ticket === undefined ? undefined : active.get(ticket))?.sequence ?? 0;
      for (const allowance of allowances) {
        const { kind } = allowance;
        let bucket = buckets.get(kind);
        if (bucket === undefined) {
          bucket = createBucket();
          buckets.set(kind, bucket);
        }
        const since = kind === 'requests' ? sequence - of : 0;
        bucket.learn(allowance, of, of === 0 ? 0 : since, now);
      }
    },
    settle(ticket, settlement, now) {
      const request = ticket === undefined ? undefined : active.get(ticket);
      if (settlement.kind === 'refused') {
        stirredAt = now;
        window ??= createWindow(active.size);
        window.note(true, request?.sequence ?? 0, sequence);
        if (settlement.retryAfterMs !== undefined) pause(settlement.retryAfterMs, now);
      } else if (settlement.kind === 'answered') {
        window?.note(false, request?.sequence ?? 0, sequence);
        if (request !== undefined && !Number.isNaN(request.startedAt)) {
          roundTripMs = average(roundTripMs, now - request.startedAt);
        }
        inputTokens = average(inputTokens, settlement.inputTokens);
        outputTokens = average(outputTokens, settlement.outputTokens);
      }
      if (ticket !== undefined) active.delete(ticket);
    },
    adopt(limit, pauseMs, now) {
      if (limit !== undefined && (window === undefined || window.size > limit)) window = createWindow(limit);
      if (pauseMs > 0) pause(pauseMs, now);
    },
    admit(now) {
      const admitted: Ticket[] = [];
      while (queue.length > 0 && room() > 0 && holdMs(now) <= 0) {
        const ticket = queue.shift();
        if (ticket === undefined) break;
        start(ticket, now);
        admitted.push(ticket);
      }
      if (queue.length > 0) stirredAt = now;
      return admitted;
    },
    waitMs: (now) => (queue.length === 0 || room() <= 0 ? undefined : holdMs(now)),
    expectedMs(ticket, now) {
      const ahead = queue.indexOf(ticket) + 1;
      const rounds = Math.ceil(Math.max(0, ahead - room()) / Math.max(1, window?.size ?? 1));
      return Math.max(pausedUntil - now, nextAt - now, bucketWaitMs(ahead, now), 0) + rounds * roundTripMs;
    },
    isCalm: (forMs, now) => queue.length === 0 && now - stirredAt >= forMs && pausedUntil <= now,
    summary: (now) => ({
      ...(window === undefined ? {} : { limit: window.size }),
      pauseMs: Math.max(0, pausedUntil - now),
    }),
  };
}
