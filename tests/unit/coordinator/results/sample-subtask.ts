import type { Plan, Subtask } from '../../../../tasks/index.ts';

export function subtask(changes: Partial<Subtask> = {}): Subtask {
  return {
    id: 'one',
    needs: [],
    executor: { kind: 'prompt', prompt: 'Do it.' },
    writes: [],
    environment: { FANFOLD_SUBTASK: 'one' },
    workspace: 'worktree',
    retries: 2,
    timeoutMs: 1_000,
    permissions: { mode: 'acceptEdits', allow: [], ask: [], deny: [] },
    model: {},
    checks: [],
    ...changes,
  };
}

export function planOf(subtasks: Subtask[], changes: Partial<Plan> = {}): Plan {
  return { name: 'run', base: 'HEAD', into: 'fanfold/run', environment: {}, checks: [], subtasks, ...changes };
}
