/**
 * What a server says about its limits: `anthropic-ratelimit-<kind>-{limit,remaining,reset}` on every answer and
 * `retry-after` on a refusal (platform.claude.com/docs/en/api/rate-limits). A reset is the time at which the whole limit
 * is there again; what was used comes back bit by bit until then.
 */

export const limitKinds = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;
export type LimitKind = (typeof limitKinds)[number];

/** What was left of one limit when the server wrote the headers. */
export interface Allowance {
  kind: LimitKind;
  limit: number;
  remaining: number;
  /** Until the whole limit is there again. */
  fullInMs: number;
}

interface HeaderReader {
  get(name: string): string | null;
}

/** Clocks that differ by less are taken to agree: the headers have whole seconds only. */
const toleratedSkewMs = 5_000;

/** Limits that are not told whole are left out. */
export function readAllowances(headers: HeaderReader, now: number = Date.now()): Allowance[] {
  const allowances: Allowance[] = [];
  for (const kind of limitKinds) {
    const prefix = `anthropic-ratelimit-${kind}`;
    const limit = numberOf(headers.get(`${prefix}-limit`));
    const remaining = numberOf(headers.get(`${prefix}-remaining`));
    const reset = Date.parse(headers.get(`${prefix}-reset`) ?? '');
    if (limit === undefined || limit <= 0 || remaining === undefined || Number.isNaN(reset)) continue;
    const fullInMs = Math.max(0, reset - serverTime(headers, now));
    allowances.push({ kind, limit, remaining: Math.min(remaining, limit), fullInMs });
  }
  return allowances;
}

/** The time that `retry-after` asks to wait, in ms, as seconds or as a date; undefined when it names no positive time. */
export function readRetryAfter(headers: HeaderReader | undefined, now: number = Date.now()): number | undefined {
  if (headers === undefined) return undefined;
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds > 0) return milliseconds;
  const value = headers.get('retry-after') ?? '';
  const seconds = numberOf(value);
  const wait = seconds === undefined ? Date.parse(value) - serverTime(headers, now) : seconds * 1000;
  return wait > 0 ? wait : undefined;
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\s*\d{1,15}(\.\d+)?\s*$/.test(text) ? Number.parseFloat(text) : undefined;
}

function serverTime(headers: HeaderReader, now: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Math.abs(date - now) > toleratedSkewMs ? date : now;
}
