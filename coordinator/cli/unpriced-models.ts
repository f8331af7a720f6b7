import { type Budget, defaultModelName, oneLine, type Plan, replayFile } from '../../tasks/index.ts';
import { findModel } from '../../worker/index.ts';
import { judgesOfPlan, modelsOfPlan, type UsedModel } from './models-of-plan.ts';

/**
 * What a person must know of models of which nobody said what they cost: that a limit in money can't hold for them, and
 * else that they cost nothing by the figures.
 */
export function unpricedWarnings(plan: Plan): string[] {
  const all = unpriced(modelsOfPlan(plan));
  const isLimited = (budget: Budget | undefined): boolean => budget?.usd !== undefined;
  if (isLimited(plan.budget) || plan.subtasks.some(({ budget }) => isLimited(budget))) {
    return warning(all, 'the limit in USD does not hold there. Limit tokens as well, or say what they cost.');
  }
  const judging = unpriced(judgesOfPlan(plan));
  const advice = 'its cost counts as 0 (add it to `models` in the task file).';
  return [
    ...warning(
      all.filter((name) => !judging.includes(name)),
      advice,
    ),
    ...warning(judging, advice, ', which judges'),
  ];
}

function warning(names: readonly string[], consequence: string, use = ''): string[] {
  if (names.length === 0) return [];
  return [`No price is known for ${names.map((name) => oneLine(name, 100)).join(', ')}${use}: ${consequence}`];
}

/** Names of models without a price. */
function unpriced(used: readonly UsedModel[]): string[] {
  const names = used.flatMap(({ settings: { name = defaultModelName, fallback = [], facts } }) =>
    [name, ...fallback].filter((one) => replayFile(one) === undefined && findModel(one, facts)?.price === undefined),
  );
  return [...new Set(names)];
}
