import type { Subtask } from '../../tasks/index.ts';
import { createHeap } from './heap.ts';
import { createSpread, type Spread } from './spread.ts';

interface Group {
  size: number;
  taken: number;
  /** Positions in the plan. */
  positions: number[];
  spread: Spread;
}

/**
 * Ids of the subtasks that go first, in the order of the plan. Every `forEach` (and all subtasks without one together)
 * gets one, the largest first, then each by its size; inside of it the first, the last, the middle, and so on. One that
 * needs others is only among them together with these. The same plan gives the same choice.
 */
export function chooseCanary(subtasks: readonly Subtask[], count: number): string[] {
  const places: { group: Group; place: number }[] = [];
  for (const group of groupsOf(subtasks)) {
    for (const [place, position] of group.positions.entries()) places[position] = { group, place };
  }
  const positions = new Map(subtasks.map(({ id }, position) => [id, position]));
  const missing = subtasks.map(({ needs }) => needs.length);
  const dependants = subtasks.map((): number[] => []);
  const chosen = new Set<number>();
  /** A group is in line once while it has something to take. */
  const line = createHeap<Group>(comesBefore);

  function free(position: number): void {
    const found = places[position];
    if (found === undefined) return;
    found.group.spread.free(found.place);
    if (found.group.spread.count === 1) line.push(found.group);
  }

  for (const [position, { needs }] of subtasks.entries()) {
    for (const need of needs) dependants[positions.get(need) ?? -1]?.push(position);
    if (needs.length === 0) free(position);
  }
  for (let group = line.pop(); group !== undefined && chosen.size < count; group = line.pop()) {
    const position = group.positions[group.spread.pick()] ?? 0;
    group.taken += 1;
    if (group.spread.count > 0) line.push(group);
    chosen.add(position);
    for (const dependant of dependants[position] ?? []) {
      missing[dependant] = (missing[dependant] ?? 0) - 1;
      if (missing[dependant] === 0) free(dependant);
    }
  }
  return subtasks.filter((_, position) => chosen.has(position)).map(({ id }) => id);
}

function groupsOf(subtasks: readonly Subtask[]): Group[] {
  const positions = new Map<number | undefined, number[]>();
  for (const [position, { template }] of subtasks.entries()) {
    const known = positions.get(template);
    if (known === undefined) positions.set(template, [position]);
    else known.push(position);
  }
  return [...positions.values()].map((own) => ({
    size: own.length,
    taken: 0,
    positions: own,
    spread: createSpread(own),
  }));
}

/** One without any first, then by highest averages (Sainte-Laguë); the larger, then the earlier, where they are equal. */
function comesBefore(group: Group, other: Group): boolean {
  if ((group.taken === 0) !== (other.taken === 0)) return group.taken === 0;
  const [left, right] = [share(group), share(other)];
  if (left !== right) return left > right;
  return (
    group.size > other.size || (group.size === other.size && (group.positions[0] ?? 0) < (other.positions[0] ?? 0))
  );
}

function share({ size, taken }: Group): number {
  return size / (2 * taken + 1);
}
