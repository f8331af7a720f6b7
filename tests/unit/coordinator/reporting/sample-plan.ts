import type { Check, Plan, Subtask } from '../../../../tasks/index.ts';
import { sampleSubtask as base, samplePlan as basePlan } from '../sample-subtask.ts';

const loads: Check = {
  name: 'loads',
  run: `node -e "require('./lodash.js')"`,
  gate: true,
  timeoutMs: 60_000,
  on: ['workspace', 'merged'],
};

export function sampleSubtask(id: string, changes: Partial<Subtask> = {}): Subtask {
  return base(id, {
    executor: { kind: 'codemod', rules: [{ path: 'rules/no-var.yml', text: 'id: no-var' }], files: [`${id}/**/*.js`] },
    writes: [`${id}/**`],
    timeoutMs: 1_200_000,
    checks: [loads],
    ...changes,
  });
}

export function samplePlan(subtasks: Subtask[], changes: Partial<Plan> = {}): Plan {
  return basePlan(subtasks, {
    name: 'const-everywhere',
    goal: 'Replace var by let and const',
    into: 'fanfold/const-everywhere',
    checks: [loads],
    ...changes,
  });
}
