import { z } from 'zod';

/** Tokens and money a model used. Tokens are counted as the API reports them; `usd` is 0 for unknown prices. */
export const usageSchema = z.strictObject({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  cacheReadTokens: z.int().nonnegative(),
  cacheWriteTokens: z.int().nonnegative(),
  usd: z.number().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

export function noUsage(): Usage {
  return { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
}

export function addUsage(left: Usage, right: Usage): Usage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    usd: left.usd + right.usd,
  };
}

/** What is left of it without a part; never less than nothing. */
export function usageWithout(all: Usage, part: Usage): Usage {
  return {
    inputTokens: Math.max(0, all.inputTokens - part.inputTokens),
    outputTokens: Math.max(0, all.outputTokens - part.outputTokens),
    cacheReadTokens: Math.max(0, all.cacheReadTokens - part.cacheReadTokens),
    cacheWriteTokens: Math.max(0, all.cacheWriteTokens - part.cacheWriteTokens),
    usd: Math.max(0, all.usd - part.usd),
  };
}

/** Every token the model saw or wrote, cached or not. */
export function totalTokens(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}
