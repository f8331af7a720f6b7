import { type CandidateResult, type CheckResult, noUsage, totalTokens } from '../../tasks/index.ts';
import type { AttemptRecord } from './attempt-record.ts';

/**
 * The best first, each with its number: those that pass every gate, by their mean score, then by how few tokens they
 * took; after them those that only ended, then those that failed or have not ended.
 */
export function rankCandidates(records: readonly AttemptRecord[]): [AttemptRecord, number][] {
  const numbered = records.map((record, index): [AttemptRecord, number] => [record, index + 1]);
  return numbered.sort(
    ([left, leftNumber], [right, rightNumber]) =>
      standing(right) - standing(left) ||
      (meanScore(right.checks) ?? 0) - (meanScore(left.checks) ?? 0) ||
      tokensOf(left) - tokensOf(right) ||
      leftNumber - rightNumber,
  );
}

export function candidateResult(record: AttemptRecord, index: number): CandidateResult {
  const score = meanScore(record.checks);
  const error = record.ended?.error;
  return {
    number: index + 1,
    passed: standing(record) === 2,
    ...(score === undefined ? {} : { score }),
    tokens: tokensOf(record),
    usd: record.execution?.usage.usd ?? 0,
    ...(record.repairs === 0 ? {} : { repairs: record.repairs }),
    ...(error === undefined ? {} : { error }),
  };
}

function standing({ ended, failedGates }: AttemptRecord): 0 | 1 | 2 {
  if (ended === undefined || ended.error !== undefined) return 0;
  return failedGates.length === 0 ? 2 : 1;
}

function meanScore(checks: readonly CheckResult[]): number | undefined {
  const scores = checks.flatMap(({ score }) => score ?? []);
  return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function tokensOf({ execution }: AttemptRecord): number {
  return totalTokens(execution?.usage ?? noUsage());
}
