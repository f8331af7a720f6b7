import { describe, expect, it } from 'vitest';
import { formatScore, howText } from '../../../../coordinator/reporting/check-texts.ts';
import { formatRunScores } from '../../../../coordinator/reporting/format-scores.ts';
import { scoresOf } from '../../../../coordinator/reporting/scores.ts';
import type { CheckResult } from '../../../../tasks/index.ts';

const check = (name: string, more: Partial<CheckResult> = {}): CheckResult => ({
  name,
  passed: true,
  gate: true,
  durationMs: 1,
  exitCode: 0,
  outputTail: '',
  ...more,
});
const work = (checks: CheckResult[]) => ({
  id: 'x',
  status: 'landed' as const,
  attempts: 1,
  checks,
  durationMs: 1,
  denials: 0,
});

describe('scores of a run', () => {
  it('sums up each check, apart for workspaces and merged trees', () => {
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
    const results = [[check('a', { score: 0.5 }), check('b')], [check('a', { score: 1, passed: false, minimum: 0.7 })]];
    const scores = scoresOf({
      results: results.map((checks) => ({ ...work(checks), usage })),
      gates: [{ subtasks: ['x'], check: check('b', { passed: false }) }],
    });
    expect(scores).toEqual([
      {
        check: 'a',
        on: 'workspace',
        results: 2,
        passed: 1,
        scored: 2,
        mean: 0.75,
        lowest: 0.5,
        highest: 1,
        minimum: 0.7,
      },
      { check: 'b', on: 'workspace', results: 1, passed: 1, scored: 0 },
      { check: 'b', on: 'merged', results: 1, passed: 0, scored: 0 },
    ]);
    const text = formatRunScores([{ run: 'r1', scores }], { columns: 100, color: false });
    expect(text.split('\n').map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
      ['a in workspaces'],
      ['RUN', 'STARTED', 'SCORE', 'RANGE', 'PASSED', 'OF'],
      ['r1', '-', '0.75', '0.50-1.00', '50%', '1/2'],
      [''],
      ['b in workspaces'],
      ['RUN', 'STARTED', 'SCORE', 'RANGE', 'PASSED', 'OF'],
      ['r1', '-', '-', '-', '100%', '1/1'],
      [''],
      ['b on the merged tree'],
      ['RUN', 'STARTED', 'SCORE', 'RANGE', 'PASSED', 'OF'],
      ['r1', '-', '-', '-', '0%', '0/1'],
    ]);
  });

  it('has words for how a check ended', () => {
    expect(howText(check('a', { score: 0.4, minimum: 0.7 }))).toBe('score 0.40 of at least 0.70');
    expect(howText(check('a', { score: 0.4, exitCode: null }))).toBe('score 0.40');
    expect(howText(check('a', { score: 0.9, exitCode: 2 }))).toBe('exit code 2');
    expect(howText(check('a', { exitCode: null }))).toBe('ended before it exited');
    expect(howText(check('a', { score: 0.9999, minimum: 1 }))).toBe('score 0.99 of at least 1.00');
  });

  it('shows no score that is too low as enough, and nothing short of all as 100%', () => {
    expect(howText(check('a', { score: 0.699, minimum: 0.7 }))).toBe('score 0.69 of at least 0.70');
    expect(howText(check('a', { score: 0.701, minimum: 0.705 }))).toBe('score 0.70 of at least 0.705');
    expect(howText(check('a', { score: 1 - 0.3 - 1e-15, minimum: 0.7 }))).toBe(
      'score 0.699999999999999 of at least 0.70',
    );
    expect(formatScore(1 - 0.8)).toBe('0.20');
    const shown = [0, 1e-7, 0.004, 0.29, 0.57, 0.994, 0.996, 0.9999999999999999, 1].map(formatScore);
    expect(shown).toEqual(['0.00', '0.00', '0.00', '0.29', '0.57', '0.99', '0.99', '0.99', '1.00']);
    const results = Array.from({ length: 200 }, (_, index) => work([check('a', { passed: index > 0 })]));
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
    const scores = scoresOf({ results: results.map((result) => ({ ...result, usage })), gates: [] });
    expect(formatRunScores([{ run: 'r1', scores }], { columns: 100, color: false })).toMatch(/ 99% +199\/200/);
    const thirds = [0.6, 0.7, 0.8].map((score) => ({ ...work([check('a', { score })]), usage }));
    expect(scoresOf({ results: thirds, gates: [] })[0]?.mean).toBe(0.7);
  });
});
