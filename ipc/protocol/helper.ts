import { z } from 'zod';
import { agentNamePattern, errorRecordSchema, helperBounds, usageSchema } from '../../tasks/index.ts';
import { nameSchema } from './envelope.ts';

/** Characters of a helper's task, and of what it is about. */
export const helperLimits = { prompt: 100_000, description: 200 } as const;

const typeSchema = z.string().regex(agentNamePattern);

/** A claim of a message, by which others tell whether whoever held it then still does. */
const claimSchema = z.strictObject({ recipient: nameSchema, id: nameSchema, epoch: z.int().min(1) });

/**
 * An agent at work asks for a helper. What the helper may do is none of it: that follows from the assignment of the
 * subtask, which is held against the plan, and from the definitions that the plan has.
 */
export const helperRequestSchema = z.strictObject({
  run: nameSchema,
  repository: z.string(),
  runFolder: z.string(),
  /** The id of the assignment that all this is part of, in the workers' box. */
  assignment: nameSchema,
  /** Its number among the helpers of the attempt. */
  helper: z.int().min(1).max(helperBounds.count),
  /** What the helper is told apart by, in this attempt and in those that go on from it. */
  key: z.string().regex(/^[0-9a-f]{16}$/),
  /** Which of several agents that try it helps. */
  candidate: z.int().min(1).max(8).optional(),
  /** The claim of the agent that asks: the helper ends when it is over. */
  parent: claimSchema,
  /** The process of that agent; see processIdentity. */
  process: z.string().max(100),
  /** Of the subtask's budget, by earlier attempts, the agents above and their helpers, as far as it is known. */
  spent: usageSchema,
  /** What this helper had used already when it was asked (again), which `spent` knows of. */
  counted: usageSchema.optional(),
  /** The workspace, absolute. */
  root: z.string().max(4_096),
  description: z.string().max(helperLimits.description),
  prompt: z.string().min(1).max(helperLimits.prompt),
  /**
   * Definitions of the helper and of the helpers above it, the outermost first, null for none: there are as many as it
   * is deep.
   */
  types: z.array(typeSchema.nullable()).min(1).max(helperBounds.depth),
});
export type HelperRequest = z.infer<typeof helperRequestSchema>;

/** How a helper ended, as it stands in its folder. */
export const helperAnswerSchema = z.strictObject({
  /** Of its request's envelope. */
  request: nameSchema,
  status: z.enum(['done', 'failed', 'cancelled']),
  /** Its last words. */
  text: z.string(),
  error: errorRecordSchema.optional(),
  usage: usageSchema,
  /** What helpers of its own have used, and theirs, while it worked this time. */
  below: usageSchema.optional(),
  denials: z.int().nonnegative(),
  turns: z.int().nonnegative(),
});
export type HelperAnswer = z.infer<typeof helperAnswerSchema>;
