/** Two-sided quantiles of 95 % of Student's t, by degrees of freedom from 1; beyond them a series is exact to 0.1 %. */
const studentTable = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const normal = 1.959964;

/** How many standard errors an interval of 95 % reaches to each side. `freedom` is at least 1. */
export function studentQuantile(freedom: number): number {
  const z = normal;
  const series = z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return studentTable[freedom - 1] ?? series;
}

/** The Wilson interval of 95 % of a rate of which `passed` of `total` (at least 1) were seen. */
export function wilson(passed: number, total: number): { value: number; low: number; high: number } {
  const rate = passed / total;
  const square = normal ** 2;
  const middle = (rate + square / (2 * total)) / (1 + square / total);
  const reach = (normal / (1 + square / total)) * Math.sqrt((rate * (1 - rate)) / total + square / (4 * total ** 2));
  // Rounding may leave the ends beside 0 and 1.
  return {
    value: rate,
    low: passed === 0 ? 0 : Math.max(0, middle - reach),
    high: passed === total ? 1 : Math.min(1, middle + reach),
  };
}
