import { describe, expect, it } from 'vitest';
import { durationSchema, parseDuration } from '../../../../tasks/task-file/duration.ts';

describe('durations', () => {
  it.each([
    ['20m', 1_200_000],
    ['90s', 90_000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1.5s', 1500],
    ['7d', 604_800_000],
    [90, 90_000],
    [0.25, 250],
  ])('%s is %d ms', (written, milliseconds) => {
    expect(durationSchema.safeParse(written).success).toBe(true);
    expect(parseDuration(written)).toBe(milliseconds);
  });

  it.each([
    '',
    '20',
    'm',
    '20 minutes',
    '-1s',
    '1e3s',
    '0s',
    '8d',
    '1m;2s',
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    'x'.repeat(50),
  ])('refuses %s', (written) => {
    expect(durationSchema.safeParse(written).success).toBe(false);
  });
});
