import type { Check, Plan, Subtask } from '../../../../tasks/index.ts';

const loads: Check = {
  name: 'loads',
  run: `node -e "require('./lodash.js')"`,
  gate: true,
  timeoutMs: 60_000,
  on: ['workspace', 'merged'],
};

export function sampleSubtask(id: string, changes: Partial<Subtask> = {}): Subtask {
  return {
    id,
    needs: [],
    executor: { kind: 'codemod', rules: [{ path: 'rules/no-var.yml', text: 'id: no-var' }], files: [`${id}/**/*.js`] },
    writes: [`${id}/**`],
    environment: {},
    workspace: 'worktree',
    retries: 2,
    timeoutMs: 1_200_000,
    permissions: { mode: 'acceptEdits', allow: [], ask: [], deny: [] },
    model: {},
    checks: [loads],
    ...changes,
  };
}

export function samplePlan(subtasks: Subtask[], changes: Partial<Plan> = {}): Plan {
  return {
    name: 'const-everywhere',
    goal: 'Replace var by let and const',
    base: 'HEAD',
    into: 'fanfold/const-everywhere',
    environment: {},
    checks: [loads],
    subtasks,
    ...changes,
  };
}
