import { type CanaryChoice, type CanaryEnd, type Forecast, type RunState, totalTokens } from '../../tasks/index.ts';

/** The canary of a run, what it foretold, and what came of that. */
export interface CanaryReport extends CanaryChoice {
  forecast?: Forecast;
  decision?: Pick<CanaryEnd, 'goesOn' | 'by'>;
  /** What the other subtasks came to that have ended since it went on; absent as long as it did not. */
  actual?: CanaryActual;
}

export interface CanaryActual {
  ended: number;
  passed: number;
  usd: number;
  tokens: number;
  /** From the moment it went on to the end of the run; absent where the run goes on, or was interrupted meanwhile. */
  durationMs?: number;
}

export function canaryReport({ canary, subtasks, endedAt }: RunState): CanaryReport | undefined {
  if (canary === undefined) return undefined;
  const { subtasks: chosen, minimum, forecast, decision, goesOnAt, interrupted } = canary;
  return {
    subtasks: chosen,
    ...(minimum === undefined ? {} : { minimum }),
    ...(forecast === undefined ? {} : { forecast }),
    ...(decision === undefined ? {} : { decision }),
    ...(goesOnAt === undefined
      ? {}
      : { actual: actualOf(new Set(chosen), subtasks, goesOnAt, interrupted ? undefined : endedAt) }),
  };
}

function actualOf(
  chosen: ReadonlySet<string>,
  subtasks: RunState['subtasks'],
  since: string,
  until: string | undefined,
): CanaryActual {
  const actual: CanaryActual = { ended: 0, passed: 0, usd: 0, tokens: 0 };
  for (const { id, status, usage, endedAt } of Object.values(subtasks)) {
    if (chosen.has(id) || (endedAt !== undefined && endedAt < since)) continue;
    actual.usd += usage.usd;
    actual.tokens += totalTokens(usage);
    if (endedAt === undefined || status === 'cancelled') continue;
    actual.ended += 1;
    if (status === 'landed' || status === 'unchanged' || status === 'cached') actual.passed += 1;
  }
  return { ...actual, ...(until === undefined ? {} : { durationMs: Date.parse(until) - Date.parse(since) }) };
}
