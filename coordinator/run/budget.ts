import { type Budget, FanfoldError, type FanfoldEvent, type RunState, totalTokens } from '../../tasks/index.ts';

/** Watches what a run spends. Money and tokens are known when a turn has ended, so a limit is passed by one turn. */
export interface BudgetWatch {
  /** Called with every event. */
  see(event: FanfoldEvent, state: RunState): void;
  stop(): void;
}

/** What setTimeout can hold, 24 days; a run that long ends there. */
const longestTimerMs = 2 ** 31 - 1;

export function watchBudget(budget: Budget | undefined, onExhausted: (error: FanfoldError) => void): BudgetWatch {
  const timer =
    budget?.minutes === undefined
      ? undefined
      : setTimeout(
          () => onExhausted(exhausted(`${budget.minutes} minutes`)),
          Math.min(budget.minutes * 60_000, longestTimerMs),
        );
  timer?.unref();
  return {
    see(event, { usage }) {
      // Of workers in other processes only the end of an attempt is heard.
      if ((event.type !== 'model-end' && event.type !== 'attempt-end') || budget === undefined) return;
      if (budget.usd !== undefined && usage.usd >= budget.usd) onExhausted(exhausted(`${budget.usd} USD`));
      if (budget.tokens !== undefined && totalTokens(usage) >= budget.tokens)
        onExhausted(exhausted(`${budget.tokens} tokens`));
    },
    stop: () => clearTimeout(timer),
  };
}

function exhausted(limit: string): FanfoldError {
  return new FanfoldError({
    code: 'budget-exhausted',
    message: `The budget of ${limit} is used up.`,
    next: 'What landed is in the branch; go on with `fanfold resume` and a higher --usd, --tokens or --minutes.',
  });
}
