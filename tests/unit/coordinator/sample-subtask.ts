import type { Plan, Subtask } from '../../../tasks/index.ts';

/** A subtask in which nothing matters but what a test changes. */
export function sampleSubtask(id: string, changes: Partial<Subtask> = {}): Subtask {
  return {
    id,
    needs: [],
    executor: { kind: 'prompt', prompt: 'Do it.' },
    writes: [],
    environment: {},
    workspace: 'worktree',
    retries: 2,
    timeoutMs: 1_000,
    permissions: { mode: 'acceptEdits', allow: [], ask: [], deny: [] },
    model: {},
    checks: [],
    ...changes,
  };
}

export function samplePlan(subtasks: Subtask[], changes: Partial<Plan> = {}): Plan {
  return { name: 'run', base: 'HEAD', into: 'fanfold/run', environment: {}, checks: [], subtasks, ...changes };
}
