import type { Estimate } from '../../tasks/index.ts';
import { studentQuantile } from './intervals.ts';

/** Amounts of one kind of subtask, and how many of that kind are left. */
export interface Stratum {
  samples: readonly number[];
  rest: number;
}

/** Below, an interval would be so wide that it says nothing. */
const leastFreedom = 2;

/**
 * What all that is left takes together: each kind at the mean of its samples, a kind without any at the mean of all.
 * The interval of 95 % is that of a log-normal sum, since amounts are never negative and some are large. Its width
 * comes from how much samples differ from the mean of their kind (as a part of it, all kinds together) and from how few
 * there are, by Student's t; where no kind has two samples, all count as one kind. Undefined without any sample.
 */
export function estimateRest(strata: readonly Stratum[]): Estimate | undefined {
  const all = strata.flatMap(({ samples }) => samples);
  if (all.length === 0) return undefined;
  const value = sumOf(strata.map(({ samples, rest }) => rest * meanOf(samples.length > 0 ? samples : all)));
  const kinds = strata.some(({ samples }) => samples.length > 1) ? strata.map(({ samples }) => samples) : [all];
  const freedom = sumOf(kinds.map((samples) => Math.max(0, samples.length - 1)));
  if (freedom < leastFreedom) return { value };
  if (value === 0) return { value, low: 0, high: 0 };
  const relative = sumOf(kinds.map(relativeSquares)) / freedom;
  const overall = sumOf(squares(all)) / (all.length - 1);
  const variances = strata.map(({ samples, rest }) => {
    const own = samples.length > 0 && kinds.length > 1;
    return own
      ? relative * meanOf(samples) ** 2 * (rest ** 2 / samples.length + rest)
      : overall * (rest ** 2 / all.length + rest);
  });
  const reach = studentQuantile(freedom) * Math.sqrt(Math.log1p(sumOf(variances) / value ** 2));
  return { value, low: value * Math.exp(-reach), high: value * Math.exp(reach) };
}

/** 0 for an empty list. */
export function meanOf(amounts: readonly number[]): number {
  return amounts.length === 0 ? 0 : sumOf(amounts) / amounts.length;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

function squares(samples: readonly number[]): number[] {
  const mean = meanOf(samples);
  return samples.map((amount) => (amount - mean) ** 2);
}

function relativeSquares(samples: readonly number[]): number {
  const mean = meanOf(samples);
  return mean === 0 ? 0 : sumOf(squares(samples)) / mean ** 2;
}
