/**
 * What members tell the governor of this machine, and what it answers: one JSON object a line over a unix socket, or
 * the objects themselves within a thread. Both sides check what they get: another version may be at the other end.
 */
import { z } from 'zod';
import { limitKinds } from './rate-limit-headers.ts';

const lane = z.string().regex(/^[0-9a-f]{32}$/);
const id = z.int().nonnegative();
const ms = z.number().min(0).max(1e10);
const amount = z.number().nonnegative();
const limit = z.number().min(1).max(1e6).exactOptional();
const allowance = z.object({ kind: z.enum(limitKinds), limit: z.number().positive(), remaining: amount, fullInMs: ms });
const settlement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answered'), inputTokens: amount, outputTokens: amount }),
  z.object({ kind: z.literal('refused'), retryAfterMs: ms.optional() }),
  z.object({ kind: z.literal('broken') }),
]);

export const fromMemberSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello') }),
  /** The lane is to be governed. What it has under way there, and what an earlier governor has told of it. */
  z.object({ type: z.literal('govern'), lane, held: z.array(id).max(100_000), limit, pauseMs: ms }),
  z.object({ type: z.literal('ask'), lane, id, order: z.number() }),
  z.object({ type: z.literal('withdraw'), lane, id }),
  z.object({ type: z.literal('learn'), lane, id, allowances: z.array(allowance).max(10) }),
  z.object({ type: z.literal('settle'), lane, id, settlement }),
  /** The answer to a beat: the member lives. */
  z.object({ type: z.literal('beat') }),
]);
export type FromMember = z.infer<typeof fromMemberSchema>;

export const toMemberSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome') }),
  /** The lane is governed; `limit` and `pauseMs` are for the next governor, should this one die. */
  z.object({ type: z.literal('lane'), lane, limit, pauseMs: ms }),
  /** It is governed no more. */
  z.object({ type: z.literal('free'), lane }),
  z.object({ type: z.literal('grant'), lane, id }),
  /** It takes about so long. */
  z.object({ type: z.literal('wait'), lane, id, ms }),
  /** The governor lives. */
  z.object({ type: z.literal('beat') }),
]);
export type ToMember = z.infer<typeof toMemberSchema>;
