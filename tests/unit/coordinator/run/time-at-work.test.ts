import { expect, it } from 'vitest';
import { measureTimeAtWork } from '../../../../coordinator/run/time-at-work.ts';
import { type FanfoldEvent, noUsage } from '../../../../tasks/index.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const base = (second: number) => ({ run: 'r', time: new Date(start + second * 1_000).toISOString() });

function started(second: number): FanfoldEvent {
  const numbers = { subtasks: 1, concurrency: 1, threads: 1, pid: 1 };
  return { ...base(second), ...numbers, type: 'run-start', name: 'n', repository: '/r', version: '0' };
}
const note = (second: number): FanfoldEvent => ({ ...base(second), type: 'notice', level: 'info', message: '' });
function ended(second: number, durationMs: number): FanfoldEvent {
  const counts = { total: 1, landed: 1, unchanged: 0, cached: 0, failed: 0, cancelled: 0, conflicted: 0 };
  const how = { status: 'failed', exitCode: 1, subtasks: counts, usage: noUsage(), denials: 0, folder: '/f' } as const;
  return { ...base(second), ...how, type: 'run-end', durationMs };
}

function total(now: number | undefined, ...events: FanfoldEvent[]): number {
  const time = measureTimeAtWork();
  for (const event of events) time.see(event);
  return time.total(now);
}

it('is the sum of all sessions, and not of the time between them', () => {
  expect(total(undefined, started(0), note(3), ended(5, 5_200), started(100), ended(102, 2_100))).toBe(7_300);
});

it('takes a session that was killed for as long as it wrote', () => {
  expect(total(undefined, started(0), note(4), started(100), ended(102, 2_000))).toBe(6_000);
  expect(total(undefined, started(0), ended(5, 5_000), started(100), note(103))).toBe(8_000);
});

it('goes on while the run is at work', () => {
  expect(total(start + 110_000, started(0), ended(5, 5_000), started(100), note(103))).toBe(15_000);
  expect(total(undefined)).toBe(0);
});
