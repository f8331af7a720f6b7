import type { Assignment } from '../../ipc/index.ts';
import type { ProgressInput } from '../../tasks/index.ts';
import type { AgentEvent } from '../agent/agent.ts';

/** Shows what a helper does as what its subtask does, with its number; its calls of tools are none of the subtask's. */
export function helperProgress({
  assignment: { subtask, attempt },
  number,
  worker,
  report,
}: {
  assignment: Assignment;
  number: number;
  worker: string;
  report: (event: ProgressInput) => void;
}): (event: AgentEvent) => void {
  const place = { subtask: subtask.id, attempt, worker };
  const tell = (activity: string): void =>
    report({ type: 'subtask-progress', ...place, activity: `helper ${number}: ${activity}` });
  return (event) => {
    if (event.type === 'model-end') report({ ...event, ...place, helper: number });
    else if (event.type === 'subtask-progress') tell(event.activity);
    else if (event.type === 'tool-start') tell(`${event.tool} ${event.summary}`.trim());
  };
}
