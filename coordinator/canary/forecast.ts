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
  durationMs: number;
}

export interface ForecastInput {
  samples: readonly CanarySample[];
  /** The subtasks that are left, in the order of the plan. */
  rest: readonly { id: string; template: number | undefined }[];
  /** Subtasks at once. */
  concurrency: number;
  budget: Budget | undefined;
  /** What counts towards the budget so far; `elapsedMs` towards its minutes. */
  spent: { usd: number; tokens: number; elapsedMs: number };
}

type Amount = 'usd' | 'tokens' | 'durationMs';

export function forecastRest({ samples, rest, concurrency, budget, spent }: ForecastInput): Forecast {
  const judged = samples.filter(({ passed }) => passed !== undefined);
  const passed = judged.filter((sample) => sample.passed).length;
  // A cancelled subtask was cut off, a reused one cost nothing: neither tells what one takes.
  const worked = judged.filter(({ reused, idle }) => !reused && !idle);
  const hasModel = worked.some(({ tokens }) => tokens > 0);
  const hasPrice = worked.some(({ usd }) => usd > 0);
  const known = { usd: hasPrice, tokens: hasModel, durationMs: true };
  const groups = groupsOf(rest, worked, known);
  const of = (amount: Amount): Estimate | undefined =>
    known[amount]
      ? estimateRest(
          templatesOf(rest, worked).map((template) => ({
            samples: worked.filter((sample) => sample.template === template).map((sample) => sample[amount]),
            rest: rest.filter((subtask) => subtask.template === template).length,
          })),
        )
      : undefined;
  const [usd, tokens, work] = [of('usd'), of('tokens'), of('durationMs')];
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
    const mean = (amount: Amount) =>
      worked.length === 0 || !known[amount]
        ? {}
        : { [amount]: meanOf((own.length > 0 ? own : worked).map((sample) => sample[amount])) };
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
