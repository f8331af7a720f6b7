import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startRunClock } from '../../../../coordinator/run/run-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what a run waits for a person does not count towards its minutes', () => {
  const overdue = vi.fn();
  const clock = startRunClock(60_000, overdue);
  vi.advanceTimersByTime(40_000);
  clock.hold();
  vi.advanceTimersByTime(3_600_000);
  expect(clock.elapsedMs()).toBe(40_000);
  expect(overdue).not.toHaveBeenCalled();
  clock.goOn();
  vi.advanceTimersByTime(19_000);
  expect(clock.elapsedMs()).toBe(59_000);
  expect(overdue).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(overdue).toHaveBeenCalledOnce();
});

test('without a limit, and once it was stopped, nothing is overdue', () => {
  const overdue = vi.fn();
  const clock = startRunClock(undefined, overdue);
  vi.advanceTimersByTime(1e9);
  expect(clock.elapsedMs()).toBe(1e9);
  const limited = startRunClock(60_000, overdue);
  limited.stop();
  vi.advanceTimersByTime(120_000);
  expect(overdue).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
