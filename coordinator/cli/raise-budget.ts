import { type Budget, FanfoldError, type Plan, totalTokens, type Usage } from '../../tasks/index.ts';

/** Options that replace the limits of a plan. */
export interface SpendingLimits {
  usd: number | undefined;
  tokens: number | undefined;
  minutes: number | undefined;
}

/** The plan with other limits. FanfoldError `budget-exhausted` when what was spent already leaves nothing to go on with. */
export function raiseBudget(plan: Plan, { usd, tokens, minutes }: SpendingLimits, spent: Usage): Plan {
  const budget: Budget = {
    ...plan.budget,
    ...(usd === undefined ? {} : { usd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(minutes === undefined ? {} : { minutes }),
  };
  const used =
    budget.usd !== undefined && spent.usd >= budget.usd
      ? `${spent.usd.toFixed(2)} of ${budget.usd} USD`
      : budget.tokens !== undefined && totalTokens(spent) >= budget.tokens
        ? `${totalTokens(spent)} of ${budget.tokens} tokens`
        : undefined;
  if (used === undefined) return Object.keys(budget).length === 0 ? plan : { ...plan, budget };
  throw new FanfoldError({
    code: 'budget-exhausted',
    message: `The run has used ${used} already.`,
    next: 'Give it more with --usd or --tokens: they count from its start.',
  });
}
