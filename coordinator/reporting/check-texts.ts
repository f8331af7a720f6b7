import type { CheckResult } from '../../tasks/index.ts';

/** How a check that did not pass ended, in a few words: `exit code 1`, `score 0.42 of at least 0.70`. */
export function howText({ exitCode, score, minimum }: CheckResult): string {
  if (score !== undefined && (exitCode ?? 0) === 0) {
    if (minimum === undefined) return `score ${formatScore(score)}`;
    const isHidden = score < minimum && formatScore(score) === formatMinimum(minimum);
    return `score ${isHidden ? score : formatScore(score)} of at least ${formatMinimum(minimum)}`;
  }
  if (exitCode === null) return 'ended before it exited';
  return exitCode === 0 ? 'it did not pass' : `exit code ${exitCode}`;
}

/** `0.83`, rounded down, since a score that is shown as enough has to be enough: 0.699 is `0.69`, and only 1 is `1.00`. */
export function formatScore(score: number): string {
  // What was reckoned in binary digits may be a little less than it says: 1 - 0.8 is 0.2.
  const exact = Number(score.toPrecision(12));
  const [whole = '0', digits = ''] = (exact < 0.01 ? '0' : String(exact)).split('.');
  const text = `${whole}.${digits.slice(0, 2).padEnd(2, '0')}`;
  return text === '1.00' && score < 1 ? '0.99' : text;
}

/** `0.70`; with more digits where it has more. */
export function formatMinimum(minimum: number): string {
  const text = minimum.toFixed(2);
  return Number(text) === minimum ? text : String(minimum);
}

/** ` with 0.83`, or nothing. */
export function scoreNote({ score }: CheckResult): string {
  return score === undefined ? '' : ` with ${formatScore(score)}`;
}
