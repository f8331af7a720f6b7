import { expect, it } from 'vitest';
import { fullJitter } from '../../../../../worker/agent/model/governor/full-jitter.ts';
import { readAllowances, readRetryAfter } from '../../../../../worker/agent/model/governor/rate-limit-headers.ts';

const now = Date.parse('2026-11-22T12:00:00.400Z');
const headers = (values: Record<string, string>) => new Headers(values);

it.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '7' }, 7_000],
  ['a fraction', { 'retry-after': '0.5' }, 500],
  ['milliseconds before seconds', { 'retry-after': '7', 'retry-after-ms': '20' }, 20],
  ['a date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 29_600],
  [
    'a date of a server whose clock is an hour ahead',
    { 'retry-after': 'Sun, 22 Nov 2026 13:00:30 GMT', date: 'Sun, 22 Nov 2026 13:00:00 GMT' },
    30_000,
  ],
  ['a date that has passed', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, undefined],
  ['nothing to wait', { 'retry-after': '0' }, undefined],
  ['words', { 'retry-after': 'soon' }, undefined],
  ['no header', {}, undefined],
])('retry-after as %s', (_what, values, expected) => {
  expect(readRetryAfter(headers(values), now)).toBe(expected);
});

it('reads what is left of each limit, and only what is told whole', () => {
  const allowances = readAllowances(
    headers({
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:02Z',
      'anthropic-ratelimit-input-tokens-limit': '30000',
      'anthropic-ratelimit-input-tokens-remaining': '12000',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-22T11:00:00Z',
      'anthropic-ratelimit-output-tokens-limit': '8000',
      'anthropic-ratelimit-tokens-limit': 'many',
      'anthropic-ratelimit-tokens-remaining': '-5',
      'anthropic-ratelimit-tokens-reset': 'never',
    }),
    now,
  );
  expect(allowances).toEqual([
    { kind: 'requests', limit: 50, remaining: 49, fullInMs: 1_600 },
    { kind: 'input-tokens', limit: 30_000, remaining: 12_000, fullInMs: 0 },
  ]);
});

it('jitter is anything up to the doubled and capped base', () => {
  expect(fullJitter(1, 1_000, 30_000, () => 0)).toBe(0);
  expect(fullJitter(1, 1_000, 30_000, () => 0.999)).toBeCloseTo(999);
  expect(fullJitter(4, 1_000, 30_000, () => 0.5)).toBe(4_000);
  expect(fullJitter(100, 1_000, 30_000, () => 0.5)).toBe(15_000);
});
