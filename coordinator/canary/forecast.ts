/**
 * From what the subtasks of a canary took to what the others will take, and whether the budget holds. Pure; called by
 * canary.ts once the canary is quiet. Promise: nothing is claimed that the samples do not tell (a figure without samples
 * is absent, an interval without enough of them too).
 */
import type { Budget, BudgetForecast, Estimate, Forecast, ForecastGroup } from '../../tasks/index.ts';
import { estimateRest, meanOf } from './estimate-rest.ts';
import { wilson } from './intervals.ts';

/** What a subtask of the canary came to. */
export interface CanarySample {
  /** Its entry in the task file, where that has a `forEach`. */
  template: number | undefined;
  /** Undefined where it was cancelled. */
  passed: boolean | undefined;
  /** Its work came from an earlier run. */
  reused: boolean;
  /** It was never handed out. */
  idle: boolean;
  usd: number;
  tokens: number;
  /** Undefined where nobody has seen all of it. */
  durationMs: number | undefined;
}

export interface ForecastInput {
  samples: readonly CanarySample[];
  /** The subtasks that are left, in the order of the plan. */
  rest: readonly { id: string; template: number | undefined }[];
  /** Subtasks at once. */
  concurrency: number;
  budget: Budget | undefined;
  /** What judges of gates on the merged tree have used so far, which belongs to no subtask. */
  gates: { usd: number; tokens: number };
  /** What counts towards the budget so far; `elapsedMs` towards its minutes. */
  spent: { usd: number; tokens: number; elapsedMs: number };
}

type Amount = 'usd' | 'tokens' | 'durationMs';

export function forecastRest({ samples, rest, concurrency, budget, gates, spent }: ForecastInput): Forecast {
  const judged = samples.filter(({ passed }) => passed !== undefined);
  const passed = judged.filter((sample) => sample.passed).length;
  // A cancelled subtask was cut off, a reused one cost nothing: neither tells what one takes.
  const worked = judged.filter(({ reused, idle }) => !reused && !idle);
  const priced = [...worked, gates].filter(({ tokens }) => tokens > 0);
  const hasModel = priced.length > 0;
  // What has no price counts as 0 wherever it is summed up: no figure is better than one that is too low.
  const known = { usd: hasModel && priced.every(({ usd }) => usd > 0), tokens: hasModel, durationMs: true };
  const groups = groupsOf(rest, worked, known);
  const of = (amount: Amount): Estimate | undefined =>
    known[amount]
      ? estimateRest(
          templatesOf(rest, worked).map((template) => ({
            samples: amountsOf(
              worked.filter((sample) => sample.template === template),
              amount,
            ),
            rest: rest.filter((subtask) => subtask.template === template).length,
          })),
        )
      : undefined;
  const ofGates = (amount: 'usd' | 'tokens'): number => (gates[amount] * rest.length) / Math.max(1, judged.length);
  const [usd, tokens, work] = [
    raised(of('usd'), ofGates('usd')),
    raised(of('tokens'), ofGates('tokens')),
    of('durationMs'),
  ];
  const durationMs = work === undefined ? undefined : sideBySide(work, Math.min(concurrency, rest.length), groups);
  const figures = {
    ...(usd === undefined ? {} : { usd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
  return {
    judged: judged.length,
    passed,
    reused: judged.filter(({ reused }) => reused).length,
    rest: rest.length,
    ...(judged.length === 0 ? {} : { passRate: wilson(passed, judged.length) }),
    ...figures,
    concurrency,
    groups,
    budget: judgeBudget(budget, spent, { ...figures, rest: rest.length }),
  };
}

function templatesOf(rest: ForecastInput['rest'], worked: readonly CanarySample[]): (number | undefined)[] {
  return [...new Set([...rest, ...worked].map(({ template }) => template))];
}

function groupsOf(
  rest: ForecastInput['rest'],
  worked: readonly CanarySample[],
  known: Readonly<Record<Amount, boolean>>,
): ForecastGroup[] {
  return [...new Set(rest.map(({ template }) => template))].map((template) => {
    const left = rest.filter((subtask) => subtask.template === template);
    const own = worked.filter((sample) => sample.template === template);
    const mean = (amount: Amount) => {
      const [amounts, all] = [amountsOf(own, amount), amountsOf(worked, amount)];
      return all.length === 0 || !known[amount] ? {} : { [amount]: meanOf(amounts.length > 0 ? amounts : all) };
    };
    return {
      ...(template === undefined ? {} : { template }),
      first: left[0]?.id ?? '',
      last: left.at(-1)?.id ?? '',
      rest: left.length,
      samples: own.length,
      ...mean('usd'),
      ...mean('tokens'),
      ...mean('durationMs'),
    };
  });
}

function amountsOf(samples: readonly CanarySample[], amount: Amount): number[] {
  return samples.map((sample) => sample[amount]).filter((found) => found !== undefined);
}

/** With what gates take: as uncertain as all the rest, since nobody knows how much they differ. */
function raised(estimate: Estimate | undefined, more: number): Estimate | undefined {
  if (estimate === undefined || more === 0) return estimate;
  const { value, low, high } = estimate;
  const withGates = (amount: number): number => amount + more * (amount / value);
  return {
    value: value + more,
    ...(value === 0 || low === undefined ? {} : { low: withGates(low) }),
    ...(value === 0 || high === undefined ? {} : { high: withGates(high) }),
  };
}

/** Work shared by so many at once; no shorter than the longest kind of subtask takes. */
function sideBySide(work: Estimate, atOnce: number, groups: readonly ForecastGroup[]): Estimate {
  const least = Math.max(...groups.map(({ durationMs = 0 }) => durationMs));
  const share = (amount: number): number => amount / Math.max(1, atOnce);
  return {
    value: Math.max(least, share(work.value)),
    ...(work.low === undefined ? {} : { low: share(work.low) }),
    ...(work.high === undefined ? {} : { high: Math.max(least, share(work.high)) }),
  };
}

function judgeBudget(
  budget: Budget = {},
  spent: ForecastInput['spent'],
  { usd, tokens, durationMs, rest }: { usd?: Estimate; tokens?: Estimate; durationMs?: Estimate; rest: number },
): BudgetForecast[] {
  const minutes = durationMs === undefined ? undefined : scaled(durationMs, 1 / 60_000);
  return [
    judgeLimit('usd', budget.usd, spent.usd, usd, rest),
    judgeLimit('tokens', budget.tokens, spent.tokens, tokens, rest),
    judgeLimit('minutes', budget.minutes, spent.elapsedMs / 60_000, minutes, rest),
  ].filter((judged) => judged !== undefined);
}

function judgeLimit(
  limit: BudgetForecast['limit'],
  allowed: number | undefined,
  spent: number,
  estimate: Estimate | undefined,
  rest: number,
): BudgetForecast | undefined {
  if (allowed === undefined || estimate === undefined) return undefined;
  const left = Math.max(0, allowed - spent);
  const { value, low = value, high = value } = estimate;
  if (high <= left) return { limit, left, verdict: 'fits' };
  const after = value <= left ? {} : { after: Math.floor((left / value) * rest) };
  return { limit, left, verdict: low > left ? 'exceeds' : 'unsure', ...after };
}

function scaled({ value, low, high }: Estimate, factor: number): Estimate {
  return {
    value: value * factor,
    ...(low === undefined ? {} : { low: low * factor }),
    ...(high === undefined ? {} : { high: high * factor }),
  };
}
