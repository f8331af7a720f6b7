import { normalizePattern } from '../task-file/path-rules.ts';
import { hasMagic, literalPrefix, unescapeGlob } from './glob-pattern.ts';

/** Many paths, asked many times: a pattern is only tried on those that begin as it does. */
export interface PathIndex {
  /** Every path that could match one of the patterns, each once, sorted. */
  candidates(patterns: readonly string[]): string[];
}

export function createPathIndex(paths: Iterable<string>): PathIndex {
  const sorted = [...paths].sort();
  return {
    candidates(patterns) {
      const found = new Set<string>();
      for (const pattern of patterns) {
        if (pattern.startsWith('!')) continue;
        const start = literalStart(pattern);
        for (let at = firstFrom(sorted, start); sorted[at]?.startsWith(start) === true; at += 1) {
          found.add(sorted[at] ?? '');
        }
      }
      return [...found].sort();
    },
  };
}

/** What every path that matches the pattern, or lies below one that does, begins with; may be empty. */
export function literalStart(pattern: string): string {
  const normal = normalizePattern(pattern).replace(/([^\\])\/$/, '$1');
  return hasMagic(normal) ? literalPrefix(normal) : unescapeGlob(normal);
}

function firstFrom(sorted: readonly string[], start: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
