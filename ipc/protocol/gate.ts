import { z } from 'zod';
import { checkSchema, errorRecordSchema, usageSchema } from '../../tasks/index.ts';
import { nameSchema } from './envelope.ts';
import { checkResultSchema } from './outcome.ts';

/** The coordinator asks for checks on a commit of its own making (a merged tree, or the base). */
export const gateRequestSchema = z.strictObject({
  run: nameSchema,
  /** Names this request and its answer. */
  gate: nameSchema,
  repository: z.string(),
  runFolder: z.string(),
  /** Checked out in a clean workspace; absent outside git: then the folder itself is judged. */
  commit: z.string().optional(),
  /** What the commit was built on, where that is known: the work that is judged lies between the two. */
  base: z.string().optional(),
  /** Goal of the run, for judges. */
  goal: z.string().optional(),
  checks: z.array(checkSchema),
  environment: z.record(z.string(), z.string()),
});
export type GateRequest = z.infer<typeof gateRequestSchema>;

export const gateResultSchema = z.strictObject({
  run: nameSchema,
  gate: nameSchema,
  checks: z.array(checkResultSchema),
  /** Set when the checks could not be run at all. */
  error: errorRecordSchema.optional(),
  /** What judges have used; absent where none was asked. */
  usage: usageSchema.optional(),
});
export type GateResult = z.infer<typeof gateResultSchema>;
