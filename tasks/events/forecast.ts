/** A sum over the subtasks that are left, with its interval of 95 % where there are samples enough for one. */
export interface Estimate {
  value: number;
  low?: number;
  high?: number;
}

/** Subtasks of one kind: the items of one `forEach`, or all that came from none. */
export interface ForecastGroup {
  /** Which entry of the task file they come from, from 0; absent for those without `forEach`. */
  template?: number;
  /** Ids of the first and the last of those that are left. */
  first: string;
  last: string;
  rest: number;
  /** Subtasks of the canary that tell what one of these takes; where there are none, all of the canary do. */
  samples: number;
  /** Per subtask. `usd` and `tokens` are absent where no model ran, `usd` also where no price is known. */
  usd?: number;
  tokens?: number;
  durationMs?: number;
}

/** What the rest would do to a limit of the budget. */
export interface BudgetForecast {
  limit: 'usd' | 'tokens' | 'minutes';
  /** What is left of it: USD, tokens, minutes. */
  left: number;
  /** `fits`: the whole interval does; `exceeds`: none of it does; without an interval the value alone decides. */
  verdict: 'fits' | 'unsure' | 'exceeds';
  /** It would be used up after about so many of the subtasks that are left; absent where it fits. */
  after?: number;
}

/** What the subtasks of a canary say about the others. */
export interface Forecast {
  /** Subtasks of the canary that got a verdict; a cancelled one says nothing. */
  judged: number;
  passed: number;
  /** Those among them whose work came from an earlier run: they say nothing of cost and time. */
  reused: number;
  /** Subtasks that are left. */
  rest: number;
  /** From 0 to 1, with the Wilson interval of 95 %; absent where nothing was judged. */
  passRate?: { value: number; low: number; high: number };
  /** Of the rest. Absent where no model ran, or nothing was done anew; `usd` also where no price is known. */
  usd?: Estimate;
  tokens?: Estimate;
  durationMs?: Estimate;
  /** Subtasks at once that `durationMs` counts on. */
  concurrency: number;
  groups: ForecastGroup[];
  /** One for each limit of the run's budget that can be judged. */
  budget: BudgetForecast[];
}
