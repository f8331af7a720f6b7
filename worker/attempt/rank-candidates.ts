import { type CandidateResult, type Check, noUsage, totalTokens } from '../../tasks/index.ts';
import type { AttemptRecord } from './attempt-record.ts';

interface Ranking {
  /** The best first, each with its number. */
  ranked: [AttemptRecord, number][];
  /** In the order of their numbers. */
  results: CandidateResult[];
}

/**
 * Those that pass every gate, by their mean score, then by how few tokens they took; after them those that only ended,
 * then those that failed or have not ended. A check that owes a score and gives none counts 0: who breaks it gains nothing.
 */
export function rankCandidates(records: readonly AttemptRecord[], checks: readonly Check[]): Ranking {
  const scoring = scoringChecks(records, checks);
  const scores = new Map(records.map((record) => [record, meanScore(record, scoring)]));
  const scoreOf = (record: AttemptRecord): number => scores.get(record) ?? 0;
  const numbered = records.map((record, index): [AttemptRecord, number] => [record, index + 1]);
  const ranked = numbered.toSorted(
    ([left, leftNumber], [right, rightNumber]) =>
      standing(right) - standing(left) ||
      scoreOf(right) - scoreOf(left) ||
      tokensOf(left) - tokensOf(right) ||
      leftNumber - rightNumber,
  );
  return { ranked, results: numbered.map(([record, number]) => candidateResult(record, number, scores.get(record))) };
}

function candidateResult(record: AttemptRecord, number: number, score: number | undefined): CandidateResult {
  const error = record.ended?.error;
  return {
    number,
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

/** Names of those that owe a score, and of those that give one to any candidate. */
function scoringChecks(records: readonly AttemptRecord[], checks: readonly Check[]): ReadonlySet<string> {
  const owing = checks.filter(
    (check) =>
      check.on.includes('workspace') &&
      ('judge' in check || check.minimum !== undefined || ('run' in check && check.score === true)),
  );
  const giving = records.flatMap((record) => record.checks).filter(({ score }) => score !== undefined);
  return new Set([...owing, ...giving].map(({ name }) => name));
}

function meanScore({ checks }: AttemptRecord, scoring: ReadonlySet<string>): number | undefined {
  if (checks.length === 0 || scoring.size === 0) return undefined;
  const sum = checks.reduce((total, { name, score = 0 }) => total + (scoring.has(name) ? score : 0), 0);
  return sum / scoring.size;
}

function tokensOf({ execution }: AttemptRecord): number {
  return totalTokens(execution?.usage ?? noUsage());
}
