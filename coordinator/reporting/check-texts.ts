import type { CheckResult } from '../../tasks/index.ts';

/** How a check that did not pass ended, in a few words: `exit code 1`, `score 0.42 of at least 0.70`. */
export function howText({ exitCode, score, minimum }: CheckResult): string {
  if (score !== undefined && (exitCode ?? 0) === 0) {
    return minimum === undefined
      ? `score ${formatScore(score)}`
      : `score ${formatScore(score)} of at least ${formatScore(minimum)}`;
  }
  if (exitCode === null) return 'ended before it exited';
  return exitCode === 0 ? 'it did not pass' : `exit code ${exitCode}`;
}

/** `0.83`; three digits where two would hide that it is not 1. */
export function formatScore(score: number): string {
  const text = score.toFixed(2);
  return text === '1.00' && score < 1 ? '0.999' : text;
}

/** ` with 0.83`, or nothing. */
export function scoreNote({ score }: CheckResult): string {
  return score === undefined ? '' : ` with ${formatScore(score)}`;
}
