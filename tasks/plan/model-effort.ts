/** How much a model is asked to think: part of the settings of models, in plans and as they are written. */
import { z } from 'zod';

export const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
/** The API takes no less. */
export const leastThinkingTokens = 1_024;

const thinkingError = 'adaptive, off or { budgetTokens: N } with N from 1,024';

export const effortSchema = z.enum(efforts);

export const thinkingSchema = z.union(
  [
    z.enum(['adaptive', 'off']),
    z.strictObject({
      budgetTokens: z.int().min(leastThinkingTokens).max(1_000_000).describe('Tokens for thoughts in each turn.'),
    }),
  ],
  { error: thinkingError },
);
