import type { CheckResult } from '../../tasks/index.ts';
import type { Report } from './report.ts';

/** What a check has said in one run, at one place. */
export interface CheckScores {
  check: string;
  on: 'workspace' | 'merged';
  /** Results, of which so many passed. */
  results: number;
  passed: number;
  /** Results with a score; the figures are of those, and absent where there are none. */
  scored: number;
  mean?: number;
  lowest?: number;
  highest?: number;
  minimum?: number;
}

/** In order of first appearance, workspaces before merged trees. Of each subtask its last attempt counts. */
export function scoresOf({ results, gates }: Pick<Report, 'results' | 'gates'>): CheckScores[] {
  return [
    ...summarise(
      'workspace',
      results.flatMap(({ checks }) => checks),
    ),
    ...summarise(
      'merged',
      gates.map(({ check }) => check),
    ),
  ];
}

function summarise(on: CheckScores['on'], checks: readonly CheckResult[]): CheckScores[] {
  const byName = new Map<string, CheckResult[]>();
  for (const check of checks) {
    const known = byName.get(check.name);
    if (known === undefined) byName.set(check.name, [check]);
    else known.push(check);
  }
  return [...byName].map(([check, all]) => {
    const scores = all.flatMap(({ score }) => score ?? []);
    const minimum = all.at(-1)?.minimum;
    return {
      check,
      on,
      results: all.length,
      passed: all.filter(({ passed }) => passed).length,
      scored: scores.length,
      ...(scores.length === 0
        ? {}
        : {
            // Sums of binary numbers may be off a little.
            mean: Number((scores.reduce((sum, score) => sum + score, 0) / scores.length).toPrecision(12)),
            lowest: scores.reduce((lowest, score) => Math.min(lowest, score)),
            highest: scores.reduce((highest, score) => Math.max(highest, score)),
          }),
      ...(minimum === undefined ? {} : { minimum }),
    };
  });
}
