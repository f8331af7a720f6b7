import type { Check, ModelSettings, Plan, Subtask } from '../../tasks/index.ts';

/** Settings of a model that a plan asks, with what asks it. */
export interface UsedModel {
  settings: ModelSettings;
  /** Id of a subtask, or words for people. */
  subject: string;
}

/** Of agents, those that sum up for them, and judges. */
export function modelsOfPlan({ subtasks, checks }: Plan): UsedModel[] {
  const ofAgents = subtasks.flatMap(({ id, executor, model, summariser }) => {
    if (executor.kind !== 'prompt') return [];
    return [model, ...(summariser === undefined ? [] : [summariser])].map((settings) => ({ settings, subject: id }));
  });
  return [...ofAgents, ...[...checks, ...subtasks.flatMap((subtask) => subtask.checks)].flatMap(judgeOf)];
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
