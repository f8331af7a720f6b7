import type { SubtaskCounts } from '../events/events.ts';
import type { RunState } from './run-state.ts';

/** How many subtasks there are and how many have ended in each way. */
export function subtaskCounts({ counts }: RunState): SubtaskCounts {
  const { landed, unchanged, cached, failed, cancelled, conflicted } = counts;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { total, landed, unchanged, cached, failed, cancelled, conflicted };
}
