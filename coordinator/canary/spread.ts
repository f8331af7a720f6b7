/**
 * Picks from a group of subtasks so that the picked ones lie far apart: each time the free one that is farthest from all
 * that were picked, the earlier of two. Made by choose-canary.ts. Each step takes the logarithm of the group's size.
 */
import { createHeap } from './heap.ts';
import { createNumberSet } from './number-set.ts';

export interface Spread {
  /** This place in the group may be picked from now on. */
  free(place: number): void;
  /** Of those that may be picked. */
  readonly count: number;
  /** Called while there is one. */
  pick(): number;
}

/** A place, and the picked ones beside it when its distance was measured. */
interface Candidate {
  place: number;
  distance: number;
  left: number | undefined;
  right: number | undefined;
}

/** `positions` of the group's subtasks in the plan, ascending; places are indices into it. */
export function createSpread(positions: readonly number[]): Spread {
  const free = createNumberSet(positions.length);
  const picked = createNumberSet(positions.length);
  const candidates = createHeap<Candidate>(
    (one, other) => one.distance > other.distance || (one.distance === other.distance && one.place < other.place),
  );
  const position = (place: number): number => positions[place] ?? 0;
  let count = 0;

  function offer(place: number | undefined): void {
    if (place === undefined) return;
    const [left, right] = [picked.atMost(place), picked.atLeast(place)];
    const before = left === undefined ? Number.POSITIVE_INFINITY : position(place) - position(left);
    const after = right === undefined ? Number.POSITIVE_INFINITY : position(right) - position(place);
    candidates.push({ place, distance: Math.min(before, after), left, right });
  }

  /** The best between two picked ones is beside the middle, or at the end that is open. */
  function offerBetween(left: number | undefined, right: number | undefined): void {
    const [first, last] = [(left ?? -1) + 1, (right ?? positions.length) - 1];
    const middle =
      right === undefined ? last : left === undefined ? first : lastUpTo((position(left) + position(right)) / 2);
    const [below, above] = [free.atMost(middle), free.atLeast(middle + 1)];
    if (below !== undefined && below >= first) offer(below);
    if (above !== undefined && above <= last) offer(above);
  }

  /** Of two places between which the middle lies, the left one. */
  function lastUpTo(middle: number): number {
    let [low, high] = [0, positions.length];
    while (high - low > 1) {
      const half = (low + high) >> 1;
      if (position(half) <= middle) low = half;
      else high = half;
    }
    return low;
  }

  function isCurrent({ place, left, right }: Candidate): boolean {
    return free.has(place) && picked.atMost(place) === left && picked.atLeast(place) === right;
  }

  return {
    free(place) {
      free.add(place);
      count += 1;
      offer(place);
    },
    get count() {
      return count;
    },
    pick() {
      let next = candidates.pop();
      while (next !== undefined && !isCurrent(next)) next = candidates.pop();
      if (next === undefined) throw new RangeError('nothing is free');
      const { place, left, right } = next;
      free.delete(place);
      picked.add(place);
      count -= 1;
      offerBetween(left, place);
      offerBetween(place, right);
      return place;
    },
  };
}
