import { expect, test } from 'vitest';
import { isExcused } from '../../../../ipc/index.ts';
import type { CheckResult } from '../../../../tasks/index.ts';

const result = (rest: Partial<CheckResult> = {}): CheckResult => ({
  name: 'tests',
  passed: false,
  gate: true,
  durationMs: 1,
  exitCode: 1,
  outputTail: '',
  ...rest,
});

test.each([
  ['the base fails too', result(), true],
  ['the base passes', result({ passed: true, exitCode: 0 }), false],
  ['the base ran out of time', result({ exitCode: null }), false],
  ['the command is misspelt', result({ exitCode: 127 }), false],
  ['the command may not be run', result({ exitCode: 126 }), false],
])('where %s, a failure is excused or not', (_, onBase, excused) => {
  expect(isExcused(result(), onBase)).toBe(excused);
});

test('a score that is lower than that of the base is not excused, nor is one that is missing', () => {
  const onBase = result({ score: 0.5 });
  expect([0.4, 0.5, 0.6].map((score) => isExcused(result({ score }), onBase))).toEqual([false, true, true]);
  expect(isExcused(result(), onBase)).toBe(false);
});
