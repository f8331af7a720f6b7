import { type Budget, type ErrorRecord, FanfoldError, type Plan, totalTokens, type Usage } from '../../tasks/index.ts';

/** Options that replace the limits of a subtask's budget, of every agent. */
export interface SubtaskSpendingLimits {
  subtaskUsd?: number | undefined;
  subtaskTokens?: number | undefined;
  subtaskMinutes?: number | undefined;
}

/** Options that replace the limits of a plan. */
export interface SpendingLimits extends SubtaskSpendingLimits {
  usd: number | undefined;
  tokens: number | undefined;
  minutes: number | undefined;
}

/** What a run that is gone on with has come to. */
export interface SpentSoFar {
  usage: Usage;
  /** Why it ended. */
  error?: ErrorRecord | undefined;
}

/**
 * The plan with other limits, the same object where there are none. FanfoldError `budget-exhausted` when what was spent
 * already leaves nothing to go on with.
 */
export function raiseBudget(plan: Plan, given: SpendingLimits, spent: SpentSoFar): Plan {
  const { usd, tokens, minutes } = given;
  const budget = withLimits(plan.budget, { usd, tokens, minutes });
  const { usage } = spent;
  const used =
    budget.usd !== undefined && (usage.usd >= budget.usd || isStillShort('usd', plan, budget, spent))
      ? `${usage.usd.toFixed(2)} of ${budget.usd} USD`
      : budget.tokens !== undefined &&
          (totalTokens(usage) >= budget.tokens || isStillShort('tokens', plan, budget, spent))
        ? `${totalTokens(usage)} of ${budget.tokens} tokens`
        : undefined;
  if (used !== undefined) {
    throw new FanfoldError({
      code: 'budget-exhausted',
      message: `The run has used ${used} already, and what is left is too little for another request.`,
      next: 'Give it more with --usd or --tokens: they count from its start.',
    });
  }
  const raised = raiseSubtaskBudgets(plan, given);
  return usd === undefined && tokens === undefined && minutes === undefined ? raised : { ...raised, budget };
}

/** The plan whose agents have other limits each. */
export function raiseSubtaskBudgets(plan: Plan, limits: SubtaskSpendingLimits): Plan {
  const given = withLimits(undefined, {
    usd: limits.subtaskUsd,
    tokens: limits.subtaskTokens,
    minutes: limits.subtaskMinutes,
  });
  if (Object.keys(given).length === 0) return plan;
  const subtasks = plan.subtasks.map((subtask) =>
    subtask.executor.kind === 'prompt' ? { ...subtask, budget: { ...subtask.budget, ...given } } : subtask,
  );
  return { ...plan, subtasks };
}

/** It ended because a request did not fit, and the limit is what it was. */
function isStillShort(limit: 'usd' | 'tokens', plan: Plan, budget: Budget, { error }: SpentSoFar): boolean {
  const wasShort = error?.code === 'budget-exhausted' && error.data?.['limit'] === limit;
  return wasShort && (budget[limit] ?? 0) <= (plan.budget?.[limit] ?? 0);
}

function withLimits(
  budget: Budget | undefined,
  { usd, tokens, minutes }: Record<keyof Budget, number | undefined>,
): Budget {
  return {
    ...budget,
    ...(usd === undefined ? {} : { usd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(minutes === undefined ? {} : { minutes }),
  };
}
