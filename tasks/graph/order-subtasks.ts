export interface OrderedNode {
  id: string;
  needs: readonly string[];
}

/**
 * Subtasks with those they need before them, otherwise in the order given; or the ids along a cycle, whose first and
 * last are the same. Needs that name no subtask are passed over. Time and memory grow with subtasks plus needs.
 */
export function orderSubtasks<T extends OrderedNode>(subtasks: readonly T[]): { order: T[] } | { cycle: string[] } {
  const byId = new Map(subtasks.map((subtask) => [subtask.id, subtask]));
  const finished = new Set<string>();
  const order: T[] = [];
  for (const start of subtasks) {
    const open = new Set<string>();
    const path: { subtask: T; next: number }[] = [];
    const enter = (subtask: T) => {
      open.add(subtask.id);
      path.push({ subtask, next: 0 });
    };
    if (!finished.has(start.id)) enter(start);
    for (let current = path.at(-1); current !== undefined; current = path.at(-1)) {
      const { subtask } = current;
      const need = subtask.needs[current.next];
      current.next += 1;
      if (need === undefined) {
        path.pop();
        open.delete(subtask.id);
        finished.add(subtask.id);
        order.push(subtask);
        continue;
      }
      if (open.has(need))
        return {
          cycle: cycleAlong(
            path.map((step) => step.subtask.id),
            need,
          ),
        };
      const needed = byId.get(need);
      if (needed !== undefined && !finished.has(need)) enter(needed);
    }
  }
  return { order };
}

function cycleAlong(path: readonly string[], repeated: string): string[] {
  return [...path.slice(path.indexOf(repeated)), repeated];
}
