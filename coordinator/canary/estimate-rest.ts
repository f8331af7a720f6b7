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
 * The interval of 95 % is that of a log-normal sum, since amounts are never negative and some are large. How much a kind
 * varies is told by its own samples; where it has one or none, by how kinds differ from each other. How few they are
 * widens it by Student's t, with the degrees of freedom of Welch and Satterthwaite: many samples of a kind that is always
 * the same (commands, which cost nothing) say nothing about the others. Undefined without any sample.
 */
export function estimateRest(strata: readonly Stratum[]): Estimate | undefined {
  const all = strata.flatMap(({ samples }) => samples);
  if (all.length === 0) return undefined;
  const value = sumOf(strata.map(({ samples, rest }) => rest * meanOf(samples.length > 0 ? samples : all)));
  const parts = partsOf(strata, all.length);
  const variance = sumOf(parts.map((part) => part.variance));
  const freedom = freedomOf(parts, variance) ?? all.length - 1;
  if (freedom < leastFreedom) return { value };
  if (value === 0) return { value, low: 0, high: 0 };
  const reach = studentQuantile(freedom) * Math.sqrt(Math.log1p(variance / value ** 2));
  return { value, low: value * Math.exp(-reach), high: value * Math.exp(reach) };
}

/** What makes the sum uncertain. */
interface Part {
  variance: number;
  /** How many samples beside the first tell it. */
  freedom: number;
}

function partsOf(strata: readonly Stratum[], count: number): Part[] {
  const unseen = strata.filter(({ samples }) => samples.length === 0).map(({ rest }) => rest);
  const seen = strata.filter(({ samples }) => samples.length > 0);
  // The kinds without samples stand on the means of the others too.
  const spreads = seen.map(({ samples, rest }) => {
    const weight = rest + (sumOf(unseen) * samples.length) / count;
    return { samples, mean: meanOf(samples), spread: weight ** 2 / samples.length + rest };
  });
  const own = spreads.filter(({ samples }) => samples.length > 1);
  const single = spreads.filter(({ samples, mean }) => samples.length === 1 && mean > 0);
  const means = spreads.map(({ mean }) => mean);
  const ofSingle = spreadBy(
    sumOf(single.map(({ spread }) => spread)),
    means.filter((mean) => mean > 0),
  );
  // Where there is but one kind to go by, others are taken to be like it.
  const likes = means.length > 1 ? means : seen.flatMap(({ samples }) => samples);
  const ofUnseen = spreadBy(sumOf(unseen.map((rest) => rest ** 2)), likes);
  return [...own.map(({ samples, spread }) => spreadBy(spread, samples)), together(ofSingle, ofUnseen)];
}

function spreadBy(spread: number, samples: readonly number[]): Part {
  if (spread === 0) return { variance: 0, freedom: Number.POSITIVE_INFINITY };
  const mean = meanOf(samples);
  const freedom = samples.length - 1;
  const squares = sumOf(samples.map((amount) => (amount - mean) ** 2));
  return { variance: freedom < 1 ? 0 : (squares / freedom) * spread, freedom };
}

/** Told by the same samples, so that both are wrong at once. */
function together(left: Part, right: Part): Part {
  return { variance: left.variance + right.variance, freedom: Math.min(left.freedom, right.freedom) };
}

/** 0 where of some part nothing is known; undefined where nothing varies. */
function freedomOf(parts: readonly Part[], variance: number): number | undefined {
  if (parts.some(({ freedom }) => freedom < 1)) return 0;
  if (variance === 0) return undefined;
  return Math.round(variance ** 2 / sumOf(parts.map((part) => part.variance ** 2 / part.freedom)));
}

/** 0 for an empty list. */
export function meanOf(amounts: readonly number[]): number {
  return amounts.length === 0 ? 0 : sumOf(amounts) / amounts.length;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
