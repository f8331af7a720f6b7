import {
  type Budget,
  type ErrorRecord,
  FanfoldError,
  type Plan,
  tokensText,
  totalTokens,
  type Usage,
  usdText,
} from '../../tasks/index.ts';

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
  const used = { usd: spent.usage.usd, tokens: totalTokens(spent.usage) };
  for (const limit of ['usd', 'tokens'] as const) {
    const most = budget[limit];
    if (most === undefined || (used[limit] < most && !isStillShort(limit, plan, budget, spent))) continue;
    throw tooLittle(limit, { used: used[limit], most, needed: neededOf(limit, spent) });
  }
  return limitBudget(plan, given);
}

function tooLittle(
  limit: 'usd' | 'tokens',
  { used, most, needed }: { used: number; most: number; needed: number | undefined },
): FanfoldError {
  const text = (amount: number): string =>
    limit === 'usd' ? `${usdText(amount)} USD` : `${tokensText(amount)} tokens`;
  const bare = limit === 'usd' ? usdText(used) : tokensText(used);
  const more = needed === undefined ? '' : `: one may take ${text(needed)}`;
  const enough = needed === undefined ? undefined : roundedUp(limit, used + needed);
  return new FanfoldError({
    code: 'budget-exhausted',
    message: `The run has used ${bare} of ${text(most)} already, and what is left is too little for another request${more}.`,
    next:
      `Give it more with --${limit}${enough === undefined ? '' : `, at least --${limit} ${enough}`}: ` +
      'it counts from the start of the run.',
  });
}

/** As it is typed: with four digits after the point, or none. */
function roundedUp(limit: 'usd' | 'tokens', amount: number): number {
  return limit === 'tokens' ? Math.ceil(amount) : Math.ceil(amount * 10_000) / 10_000;
}

/** What the request may take for which there was too little. */
function neededOf(limit: 'usd' | 'tokens', { error }: SpentSoFar): number | undefined {
  const needed = error?.data?.['limit'] === limit ? error.data['needed'] : undefined;
  return typeof needed === 'number' && needed > 0 ? needed : undefined;
}

/** The plan of a run that has not started with other limits, the same object where there are none. */
export function limitBudget(plan: Plan, given: SpendingLimits): Plan {
  const { usd, tokens, minutes } = given;
  const limited = raiseSubtaskBudgets(plan, given);
  if (usd === undefined && tokens === undefined && minutes === undefined) return limited;
  return { ...limited, budget: withLimits(plan.budget, { usd, tokens, minutes }) };
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
