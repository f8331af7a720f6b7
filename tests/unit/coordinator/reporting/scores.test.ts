import { describe, expect, it } from 'vitest';
import { howText } from '../../../../coordinator/reporting/check-texts.ts';
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
    expect(howText(check('a', { score: 0.9999, minimum: 1 }))).toBe('score 0.999 of at least 1.00');
  });
});
