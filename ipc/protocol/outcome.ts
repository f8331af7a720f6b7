import { z } from 'zod';
import { candidateResultSchema, errorRecordSchema, usageSchema } from '../../tasks/index.ts';
import { nameSchema } from './envelope.ts';

export const checkResultSchema = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  gate: z.boolean(),
  durationMs: z.number(),
  exitCode: z.int().nullable(),
  outputTail: z.string(),
  score: z.number().min(0).max(1).exactOptional(),
  minimum: z.number().min(0).max(1).exactOptional(),
  failedOnBase: z.boolean().exactOptional(),
});

/** How an attempt ended. Only the coordinator decides what lands; this is the worker's word. */
export const outcomeSchema = z.strictObject({
  run: nameSchema,
  subtask: nameSchema,
  attempt: z.int().min(1),
  worker: nameSchema,
  /** `changed` names a commit; `done` is success without a workspace. */
  result: z.enum(['changed', 'unchanged', 'done', 'failed', 'cancelled']),
  commit: z.string().optional(),
  /** The commit that `commit` was built on. */
  base: z.string().optional(),
  changedFiles: z.array(z.string()).optional(),
  checks: z.array(checkResultSchema),
  /** Structured output, valid by the subtask's schema. */
  output: z.unknown().optional(),
  /** The agent's last words or the end of a command's output, at most 8,000 characters, control sequences removed. */
  summary: z.string().optional(),
  error: errorRecordSchema.optional(),
  /** inputVariablesDigest of the worker's environment; absent where no command could see it. */
  inputVariables: z.string().optional(),
  usage: usageSchema,
  denials: z.int().nonnegative(),
  durationMs: z.number(),
  /** See AttemptEnd. */
  repairs: z.int().min(1).exactOptional(),
  candidates: z.array(candidateResultSchema).max(8).exactOptional(),
  candidate: z.int().min(1).max(8).exactOptional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;
