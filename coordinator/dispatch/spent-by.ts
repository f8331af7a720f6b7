import type { Assignment } from '../../ipc/index.ts';
import { noUsage, type RunState, type Subtask } from '../../tasks/index.ts';

/** What the attempts of a subtask have used that have ended: its budget is for all of them. Called when the next is handed out. */
export function spentBy({ subtasks }: RunState, { id, budget }: Subtask): Pick<Assignment, 'spent'> {
  if (budget === undefined) return {};
  const { usage = noUsage(), workedMs = 0 } = subtasks[id] ?? {};
  return { spent: { usage, durationMs: workedMs } };
}
