import { compileSegment } from '../expansion/glob-segment.ts';

/** Finds ids by wildcard in less time than looking at all of them, where the pattern begins or ends with text. */
export interface IdIndex {
  /** Positions of the ids that match, ascending; `*` stands for any characters. */
  match(pattern: string): readonly number[];
}

export function indexIds(ids: readonly string[]): IdIndex {
  let forward: Entry[] | undefined;
  let backward: Entry[] | undefined;
  const known = new Map<string, readonly number[]>();

  const candidates = (pattern: string): Entry[] => {
    const prefix = pattern.slice(0, pattern.indexOf('*'));
    const suffix = pattern.slice(pattern.lastIndexOf('*') + 1);
    forward ??= sortEntries(ids, (id) => id);
    backward ??= sortEntries(ids, reverse);
    const byPrefix = range(forward, prefix);
    const bySuffix = range(backward, reverse(suffix));
    const [entries, { start, end }] =
      byPrefix.end - byPrefix.start <= bySuffix.end - bySuffix.start ? [forward, byPrefix] : [backward, bySuffix];
    return entries.slice(start, end);
  };

  return {
    match(pattern) {
      const before = known.get(pattern);
      if (before !== undefined) return before;
      const test = compileSegment(pattern);
      const found = candidates(pattern)
        .filter(({ position }) => test(ids[position] ?? ''))
        .map(({ position }) => position)
        .sort((left, right) => left - right);
      known.set(pattern, found);
      return found;
    },
  };
}

interface Entry {
  key: string;
  position: number;
}

function sortEntries(ids: readonly string[], keyOf: (id: string) => string): Entry[] {
  const entries = ids.map((id, position) => ({ key: keyOf(id), position }));
  return entries.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
}

function range(entries: readonly Entry[], prefix: string): { start: number; end: number } {
  return {
    start: firstWhere(entries, (key) => key >= prefix),
    end: firstWhere(entries, (key) => key > prefix && !key.startsWith(prefix)),
  };
}

/** Binary search for the first entry that passes a test which all later entries pass too. */
function firstWhere(entries: readonly Entry[], test: (key: string) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(entries[middle]?.key ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}

function reverse(text: string): string {
  return [...text].reverse().join('');
}
