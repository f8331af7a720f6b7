import type { Subtask } from '../../tasks/index.ts';

interface Group {
  size: number;
  /** Positions in the plan that may be taken, and how far each is from the nearest that was. */
  free: Map<number, number>;
  taken: number[];
}

/**
 * Ids of the subtasks that go first, in the order of the plan. Every `forEach` (and all subtasks without one together)
 * gets one, the largest first, then each by its size; inside of it the first, the last, the middle, and so on. One that
 * needs others is only among them together with these. The same plan gives the same choice.
 */
export function chooseCanary(subtasks: readonly Subtask[], count: number): string[] {
  const groups = groupsOf(subtasks);
  const positions = new Map(subtasks.map(({ id }, position) => [id, position]));
  const missing = subtasks.map(({ needs }) => needs.length);
  const dependants = subtasks.map((): number[] => []);
  const chosen = new Set<number>();

  function free(position: number): void {
    const group = groups.get(subtasks[position]?.template);
    group?.free.set(position, distance(position, group.taken));
  }

  for (const [position, { needs }] of subtasks.entries()) {
    for (const need of needs) dependants[positions.get(need) ?? -1]?.push(position);
    if (needs.length === 0) free(position);
  }
  while (chosen.size < count) {
    const group = nextGroup(groups.values());
    if (group === undefined) break;
    const position = takeFarthest(group);
    chosen.add(position);
    for (const dependant of dependants[position] ?? []) {
      missing[dependant] = (missing[dependant] ?? 0) - 1;
      if (missing[dependant] === 0) free(dependant);
    }
  }
  return subtasks.filter((_, position) => chosen.has(position)).map(({ id }) => id);
}

function groupsOf(subtasks: readonly Subtask[]): Map<number | undefined, Group> {
  const groups = new Map<number | undefined, Group>();
  for (const { template } of subtasks) {
    const group = groups.get(template) ?? { size: 0, free: new Map(), taken: [] };
    group.size += 1;
    groups.set(template, group);
  }
  return groups;
}

/** One without any first, then by highest averages (Sainte-Laguë); the larger, then the earlier, where they are equal. */
function nextGroup(groups: Iterable<Group>): Group | undefined {
  let best: Group | undefined;
  for (const group of groups) {
    if (group.free.size > 0 && (best === undefined || comesBefore(group, best))) best = group;
  }
  return best;
}

function comesBefore(group: Group, best: Group): boolean {
  if ((group.taken.length === 0) !== (best.taken.length === 0)) return group.taken.length === 0;
  const [left, right] = [group, best].map(({ size, taken }) => size / (2 * taken.length + 1));
  return (left ?? 0) > (right ?? 0) || (left === right && group.size > best.size);
}

function takeFarthest({ free, taken }: Group): number {
  let best = -1;
  let reach = -1;
  for (const [position, away] of free) {
    if (away < reach || (away === reach && position > best)) continue;
    best = position;
    reach = away;
  }
  free.delete(best);
  taken.push(best);
  for (const [position, away] of free) free.set(position, Math.min(away, Math.abs(position - best)));
  return best;
}

function distance(position: number, taken: readonly number[]): number {
  return taken.reduce((least, other) => Math.min(least, Math.abs(other - position)), Number.POSITIVE_INFINITY);
}
