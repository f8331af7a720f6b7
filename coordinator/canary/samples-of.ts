import { type Plan, type RunState, type Subtask, totalTokens } from '../../tasks/index.ts';
import type { CanarySample } from './forecast.ts';

const accepted = new Set(['landed', 'unchanged', 'cached']);

/** The subtasks that have not ended, beside those of the canary, in the order of the plan. */
export function leftIn(
  { subtasks }: Pick<Plan, 'subtasks'>,
  state: Pick<RunState, 'subtasks'>,
  canary: ReadonlySet<string>,
): { id: string; template: number | undefined }[] {
  return subtasks
    .filter(({ id }) => !canary.has(id) && state.subtasks[id]?.endedAt === undefined)
    .map(({ id, template }) => ({ id, template }));
}

/** What the subtasks of a canary came to. Called when all have ended. */
export function samplesOf(
  { subtasks }: Pick<Plan, 'subtasks'>,
  state: Pick<RunState, 'subtasks'>,
  canary: ReadonlySet<string>,
): CanarySample[] {
  return subtasks.flatMap((subtask) => (canary.has(subtask.id) ? sampleOf(subtask, state) : []));
}

function sampleOf({ id, template }: Subtask, state: Pick<RunState, 'subtasks'>): CanarySample[] {
  const ended = state.subtasks[id];
  if (ended === undefined) return [];
  const { status, attempt, reusedFrom, usage, durationMs } = ended;
  return [
    {
      template,
      passed: status === 'cancelled' ? undefined : accepted.has(status),
      reused: reusedFrom !== undefined,
      idle: attempt === 0,
      usd: usage.usd,
      tokens: totalTokens(usage),
      // Of what was judged alone, by who went on with the run, nobody knows how long it took.
      durationMs: durationMs === 0 ? undefined : durationMs,
    },
  ];
}
