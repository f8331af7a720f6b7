import type { FanfoldEvent } from '../../tasks/index.ts';

/** How long a run was at work, over all its sessions, by its journal. */
export interface TimeAtWork {
  see(event: FanfoldEvent): void;
  /** Milliseconds. A session without an end lasts to its last event, or to `now` (ms since 1970) while it is at work. */
  total(now: number | undefined): number;
}

/** Sees the events of a journal in order. */
export function measureTimeAtWork(): TimeAtWork {
  let before = 0;
  let session: { startedAt: number; lastAt: number; endedAfter: number | undefined } | undefined;

  const lengthOf = (now: number | undefined): number => {
    if (session === undefined) return 0;
    return session.endedAfter ?? Math.max(0, (now ?? session.lastAt) - session.startedAt);
  };
  return {
    see(event) {
      const time = Date.parse(event.time);
      if (Number.isNaN(time)) return;
      if (event.type === 'run-start') {
        before += lengthOf(undefined);
        session = { startedAt: time, lastAt: time, endedAfter: undefined };
      }
      if (session === undefined) return;
      session.lastAt = Math.max(session.lastAt, time);
      if (event.type === 'run-end') session.endedAfter = event.durationMs;
    },
    total: (now) => before + lengthOf(now),
  };
}
