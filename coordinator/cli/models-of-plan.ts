import type { Check, ModelSettings, Plan, Subtask } from '../../tasks/index.ts';
import { helperModels } from './helper-models.ts';

/** Settings of a model that a plan asks, with what asks it. */
export interface UsedModel {
  settings: ModelSettings;
  /** Id of a subtask, or words for people. */
  subject: string;
}

/** Of agents, those that sum up for them, their helpers, and judges. */
export function modelsOfPlan(plan: Plan): UsedModel[] {
  return [...plan.subtasks.flatMap(modelsOfSubtask), ...helperModels(plan.subtasks, plan), ...judgesOfPlan(plan)];
}

/** Of its agent, and the one that sums up for it. */
export function modelsOfSubtask({ id, executor, model, summariser }: Subtask): UsedModel[] {
  if (executor.kind !== 'prompt') return [];
  return [model, ...(summariser === undefined ? [] : [summariser])].map((settings) => ({ settings, subject: id }));
}

export function judgesOfPlan({ subtasks, checks }: Plan): UsedModel[] {
  return [...checks, ...subtasks.flatMap((subtask) => subtask.checks)].flatMap(judgeOf);
}

/** The subtask with every model in it replaced. */
export function withModels(subtask: Subtask, replace: (settings: ModelSettings) => ModelSettings): Subtask {
  const { model, summariser, checks } = subtask;
  return {
    ...subtask,
    model: replace(model),
    ...(summariser === undefined ? {} : { summariser: replace(summariser) }),
    checks: checks.map((check) => withJudge(check, replace)),
  };
}

export function withJudge(check: Check, replace: (settings: ModelSettings) => ModelSettings): Check {
  return 'judge' in check ? { ...check, judge: { ...check.judge, model: replace(check.judge.model) } } : check;
}

function judgeOf(check: Check): UsedModel[] {
  return 'judge' in check ? [{ settings: check.judge.model, subject: `The judge ${check.name}` }] : [];
}
