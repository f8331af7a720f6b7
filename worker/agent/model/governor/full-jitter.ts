/**
 * How long to wait before try `count` + 1, in ms: anything up to `baseMs`, doubled with each try up to `longestMs`, so
 * that those who failed together do not come back together.
 */
export function fullJitter(
  count: number,
  baseMs: number,
  longestMs: number,
  random: () => number = Math.random,
): number {
  return random() * Math.min(longestMs, baseMs * 2 ** (count - 1));
}
