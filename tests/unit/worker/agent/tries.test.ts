import { afterEach, expect, it, vi } from 'vitest';
import type { ErrorRecord } from '../../../../tasks/index.ts';
import type { ModelFailure } from '../../../../worker/agent/model/model-failure.ts';
import { createTries } from '../../../../worker/agent/model/tries.ts';

const error: ErrorRecord = { code: 'model-failed', message: 'It failed.', next: 'Try again.', failure: 'transient' };
const overload: ModelFailure = { error, refused: { why: 'overload', allowances: [] } };
const limit: ModelFailure = { error, refused: { why: 'limit', retryAfterMs: 1_000, allowances: [] } };
const cut: ModelFailure = { error, passing: true };

afterEach(() => vi.restoreAllMocks());

/** The longest waits that these failures can draw. */
function waits(...failures: ModelFailure[]): (number | undefined)[] {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const tries = createTries({ attempts: 8, backoffMs: 1_000 });
  return failures.map((failure) => tries.after(failure));
}

it('waits twice as long each time, up to 30 s', () => {
  expect(waits(overload, cut, overload, overload, overload, overload, cut)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
});

it('does not count what the server has said how long to wait for: the governor sees to that', () => {
  expect(waits(limit, limit, limit, limit, overload, limit, cut)).toEqual([
    1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000,
  ]);
});

it('ends after so many failures that are no refusals', () => {
  expect(waits(...Array.from({ length: 8 }, () => cut)).at(-1)).toBeUndefined();
  expect(waits(...Array.from({ length: 20 }, () => overload)).at(-1)).toBe(30_000);
});
