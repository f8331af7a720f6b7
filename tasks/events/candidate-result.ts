import { z } from 'zod';
import { errorRecordSchema } from '../errors/error-record-schema.ts';

/** How one of several candidates for a subtask did. */
export const candidateResultSchema = z.strictObject({
  /** From 1. */
  number: z.int().min(1).max(8),
  /** It ended without an error and passes every gate in its workspace. */
  passed: z.boolean(),
  /** Mean over its checks that give one, 0 to 1; absent where none does. */
  score: z.number().min(0).max(1).exactOptional(),
  /** Of all kinds together. */
  tokens: z.int().nonnegative(),
  usd: z.number().nonnegative(),
  /** Rounds in which its work was sent back; absent for none. */
  repairs: z.int().min(1).exactOptional(),
  error: errorRecordSchema.exactOptional(),
});
export type CandidateResult = z.infer<typeof candidateResultSchema>;
