import { describe, expect, it } from 'vitest';
import {
  countOf,
  formatAmount,
  formatDuration,
  formatElapsed,
  formatUsage,
  formatUsd,
} from '../../../../coordinator/reporting/amounts.ts';
import { noUsage } from '../../../../tasks/index.ts';

describe('amounts', () => {
  it.each([
    [0, '0.0s'],
    [449, '0.4s'],
    [9_990, '9.9s'],
    [59_999, '59s'],
    [65_000, '1m 05s'],
    [3_600_000, '1h 00m'],
    [90_061_000, '25h 01m'],
    [-5, '0.0s'],
  ])('formats %i ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('formats growing durations in whole seconds', () => {
    expect([0, 999, 9_400, 61_000].map(formatElapsed)).toEqual(['0s', '0s', '9s', '1m 01s']);
  });

  it.each([
    [0, '0'],
    [9_999, '9,999'],
    [12_345, '12.3k'],
    [999_949, '999.9k'],
    [999_950, '1.0M'],
    [45_000_000, '45.0M'],
  ])('formats %i as %s', (amount, text) => {
    expect(formatAmount(amount)).toBe(text);
  });

  it.each([
    [0, '$0.00'],
    [0.0034, '$0.0034'],
    [0.00000012, '$0.0001'],
    [0.126, '$0.13'],
    [1234.5, '$1234.50'],
  ])('formats %d dollars as %s', (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });

  it('counts nouns', () => {
    expect([countOf(1, 'subtask'), countOf(0, 'subtask'), countOf(1_200, 'file')]).toEqual([
      '1 subtask',
      '0 subtasks',
      '1,200 files',
    ]);
  });

  it('says nothing of usage where no model ran, and no price where none is known', () => {
    expect(formatUsage(noUsage())).toBeUndefined();
    expect(formatUsage({ ...noUsage(), inputTokens: 100, outputTokens: 20 })).toBe('100 tokens in, 20 out');
    const usage = { inputTokens: 2_000, outputTokens: 500, cacheReadTokens: 8_000, cacheWriteTokens: 0, usd: 0.12 };
    expect(formatUsage(usage)).toBe('10.0k tokens in (80% from cache), 500 out, $0.12');
  });
});
