import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchPulse } from '../../../../coordinator/workers/pulse.ts';

const leaseMs = 30_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(lease = leaseMs) {
  const silences: number[] = [];
  const seen = { pings: 0 };
  const pulse = watchPulse({
    leaseMs: lease,
    ping: () => {
      seen.pings += 1;
    },
    onSilent: (silentMs) => silences.push(silentMs),
  });
  return { pulse, silences, seen };
}

it('tells once of a thread that stops answering, before its claims expire', () => {
  const { pulse, silences } = watch();
  pulse.heard();
  vi.advanceTimersByTime(19_999);
  expect(silences).toEqual([]);
  vi.advanceTimersByTime(5_001);
  expect(silences).toEqual([20_000]);
  vi.advanceTimersByTime(600_000);
  expect(silences).toHaveLength(1);
});

it('is content with a thread that answers', () => {
  const { pulse, silences, seen } = watch();
  for (let count = 0; count < 50; count += 1) {
    vi.advanceTimersByTime(15_000);
    pulse.heard();
  }
  expect(silences).toEqual([]);
  expect(seen.pings).toBe(150);
  pulse.stop();
  vi.advanceTimersByTime(600_000);
  expect(silences).toEqual([]);
});

it('gives a thread that has not begun yet more time', () => {
  const { silences } = watch();
  vi.advanceTimersByTime(119_999);
  expect(silences).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(silences).toHaveLength(1);
});

it('gives a busy machine five seconds however short the lease', () => {
  const { pulse, silences } = watch(3_000);
  pulse.heard();
  vi.advanceTimersByTime(4_999);
  expect(silences).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(silences).toEqual([5_000]);
});
