import { z } from 'zod';
import { limits } from './limits.ts';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const pattern = /^\d+(\.\d+)?(ms|[smhd])(\s*\d+(\.\d+)?(ms|[smhd]))*$/;
const allowed = 'a duration from 1ms to 7d such as 20m, 90s, 500ms or 1h30m, or a number of seconds';

/** A length of time as written in a task file: `20m`, `90s`, `500ms`, `1h30m`, or a number of seconds. */
export const durationSchema = z
  .union(
    [
      z.string({ error: allowed }).max(40, { error: allowed }).regex(pattern, { error: allowed }),
      z.number({ error: allowed }),
    ],
    {
      error: allowed,
    },
  )
  .refine((duration) => parseDuration(duration) >= 1 && parseDuration(duration) <= limits.durationMs, {
    error: allowed,
  });
export type Duration = string | number;

/** Milliseconds, rounded. Expects what durationSchema accepts. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') return Math.round(duration * 1000);
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return Math.round(total);
}
