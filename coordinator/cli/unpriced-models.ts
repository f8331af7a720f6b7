import { type Budget, defaultModelName, oneLine, type Plan, replayFile } from '../../tasks/index.ts';
import { findModel } from '../../worker/index.ts';
import { modelsOfPlan } from './models-of-plan.ts';

/** What a person must know of a limit in money that can't hold for some models, because nobody said what they cost. */
export function unpricedWarnings(plan: Plan): string[] {
  const isLimited = (budget: Budget | undefined): boolean => budget?.usd !== undefined;
  if (!isLimited(plan.budget) && !plan.subtasks.some(({ budget }) => isLimited(budget))) return [];
  const unpriced = modelsOfPlan(plan).flatMap(({ settings: { name = defaultModelName, fallback = [], facts } }) =>
    [name, ...fallback].filter((one) => replayFile(one) === undefined && findModel(one, facts)?.price === undefined),
  );
  const names = [...new Set(unpriced)].map((name) => oneLine(name, 100));
  if (names.length === 0) return [];
  return [
    `No price is known for ${names.join(', ')}: the limit in USD does not hold there. Limit tokens as well, or say what they cost.`,
  ];
}
