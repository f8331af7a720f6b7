import type { BudgetForecast, CanaryChoice, CanaryEnd, Estimate, Forecast, RunState } from '../../tasks/index.ts';
import { countOf, formatAmount, formatDuration, formatUsd } from './amounts.ts';

const maximumNamed = 12;

/** `canary of 3 first: a, b, c`. */
export function canaryText({ subtasks, minimum }: CanaryChoice): string {
  const named = subtasks.slice(0, maximumNamed).join(', ');
  const more = subtasks.length > maximumNamed ? ` and ${subtasks.length - maximumNamed} more` : '';
  const least = minimum === undefined ? '' : `; at least ${formatPart(minimum)} of it must pass`;
  return `canary of ${subtasks.length} first: ${named}${more}${least}`;
}

/** `canary: 1 of 3`, `canary: waits for an answer`; undefined where a run is past it, or never had one. */
export function canaryProgress({ canary, subtasks }: Pick<RunState, 'canary' | 'subtasks'>): string | undefined {
  if (canary === undefined || canary.decision !== undefined || canary.goesOnAt !== undefined) return undefined;
  if (canary.forecast !== undefined) return 'canary: waits for an answer';
  const ended = canary.subtasks.filter((id) => subtasks[id]?.endedAt !== undefined).length;
  return `canary: ${ended} of ${canary.subtasks.length}`;
}

/** What a forecast says, for people; the first line names it. */
export function forecastLines(forecast: Forecast): string[] {
  const { judged, rest, concurrency, reused } = forecast;
  const reuse = reused === 0 ? '' : `; ${reused} of these came from earlier runs and tell nothing of cost and time`;
  const time = formatTime(forecast);
  const cost = [formatCost(forecast), formatTokens(forecast)].filter((part) => part !== undefined).join(', ');
  return [
    `forecast for the other ${countOf(rest, 'subtask')}, from ${judged} of the canary`,
    `  passed  ${formatPassed(forecast)}${reuse}`,
    ...(cost === '' ? [] : [`  cost    ${cost}`]),
    ...(time === undefined ? [] : [`  time    ${time}, ${concurrency} at a time`]),
    ...forecast.budget.map((limit) => `  budget  ${budgetText(limit, rest)}`),
  ];
}

/** `3 of 3: 100% (44% to 100%)`. */
export function formatPassed({ passed, judged, passRate }: Forecast): string {
  if (passRate === undefined) return 'nothing was judged';
  const { value, low, high } = passRate;
  return `${passed} of ${judged}: ${formatPart(value)} (${formatPart(low)} to ${formatPart(high)})`;
}

export function formatCost({ usd }: Forecast): string | undefined {
  return formatEstimate(usd, formatUsd);
}

export function formatTokens({ tokens }: Forecast): string | undefined {
  const text = formatEstimate(tokens, (amount) => formatAmount(Math.round(amount)));
  return text === undefined ? undefined : text.replace(/( \(|$)/, ' tokens$1');
}

export function formatTime({ durationMs }: Forecast): string | undefined {
  return formatEstimate(durationMs, formatDuration);
}

/** `$1.94 ($1.20 to $3.10)`. */
function formatEstimate(estimate: Estimate | undefined, format: (amount: number) => string): string | undefined {
  if (estimate === undefined) return undefined;
  const { value, low, high } = estimate;
  const interval =
    low === undefined || high === undefined ? 'too few for an interval' : `${format(low)} to ${format(high)}`;
  return `${format(value)} (${interval})`;
}

function budgetText({ limit, left, verdict, after }: BudgetForecast, rest: number): string {
  const amount = {
    usd: () => `${formatUsd(left)} left`,
    tokens: () => `${formatAmount(Math.round(left))} tokens left`,
    minutes: () => `${formatDuration(left * 60_000)} left`,
  }[limit]();
  if (verdict === 'fits') return `${amount}: enough`;
  const about = after === undefined ? '' : `, used up after about ${after} of the other ${rest}`;
  return `${amount}: ${verdict === 'exceeds' ? 'not enough' : after === undefined ? 'may not be enough' : 'likely not enough'}${about}`;
}

/** What was decided after the canary. */
export function canaryEndLines({ goesOn, by, rest, run }: CanaryEnd): string[] {
  const others = `the other ${countOf(rest, 'subtask')}`;
  if (goesOn) return [`the canary is over: going on with ${others}${by === 'option' ? ' (--yes)' : ''}`];
  const why = {
    person: 'as it was answered',
    option: 'as it was set',
    nobody: 'since nobody is there to ask and --yes was not given',
    minimum: 'since too few of it passed',
  }[by];
  return [`the run ends after its canary, ${why}`, `  next: \`fanfold resume ${run}\` does ${others}`];
}

/** `44%`. */
export function formatPart(part: number): string {
  return `${Math.round(100 * part)}%`;
}
