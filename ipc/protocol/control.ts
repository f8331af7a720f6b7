import { z } from 'zod';
import { amountsSchema, askSchema } from '../budget/amounts.ts';
import { nameSchema } from './envelope.ts';

/** Process id of the coordinator whose money it is: one that takes the run up counts anew. Absent: any. */
const coordinator = z.int().positive().optional();

/**
 * Orders by mailbox: to a coordinator from people and from workers beside its own threads, to such workers from their
 * coordinator. Own threads get the same by message port.
 */
export const controlSchema = z.discriminatedUnion('action', [
  /** End a run, or one subtask of it. To a worker with `attempt`: no attempt up to this one, now or claimed later. */
  z.strictObject({
    action: z.literal('cancel'),
    reason: z.string(),
    subtask: nameSchema.optional(),
    attempt: z.int().min(1).optional(),
  }),
  /** To a worker: claim nothing more, finish what is at hand, end. */
  z.strictObject({ action: z.literal('shut-down') }),
  /** To a worker: claim no more subtasks until `continue`; what is at hand goes on. To a coordinator: hand out no more. */
  z.strictObject({ action: z.literal('pause') }),
  z.strictObject({ action: z.literal('continue') }),
  /** To the worker whose agent asked. */
  z.strictObject({
    action: z.literal('permission-answer'),
    request: z.string(),
    allowed: z.boolean(),
    /** Who answered: a person unless it says otherwise. */
    by: z.enum(['person', 'nobody', 'timeout']).optional(),
  }),
  /** To a coordinator: a worker process has opened its control box and claims from now on. Said again to a new one. */
  z.strictObject({
    action: z.literal('join'),
    worker: nameSchema,
    /** Subtasks at once. */
    slots: z.int().min(1).max(1000),
    /** Its processIdentity(). */
    process: z.string().max(100),
  }),
  /** To a coordinator: a worker process has too little money for a request. */
  z.strictObject({
    action: z.literal('budget-ask'),
    worker: nameSchema,
    coordinator,
    request: z.int().min(1),
    ask: askSchema,
  }),
  /** To a coordinator: of what it was granted, it has spent so much since the last time, and does not need the rest. */
  z.strictObject({
    action: z.literal('budget-return'),
    worker: nameSchema,
    coordinator,
    spent: amountsSchema,
    unused: amountsSchema,
  }),
  /**
   * To a coordinator that has taken the run up: so much is set aside for requests that are under way, and so much was
   * spent of which the one before may not have known.
   */
  z.strictObject({
    action: z.literal('budget-hold'),
    worker: nameSchema,
    coordinator,
    held: amountsSchema,
    spent: amountsSchema,
  }),
  /** To the worker process that asked; `more`: it gets as much as it wanted, and may ask again. */
  z.strictObject({
    action: z.literal('budget-grant'),
    coordinator,
    request: z.int().min(1),
    granted: amountsSchema,
    more: z.boolean(),
  }),
  /** To a coordinator: that worker process has ended, and nothing of it is left. */
  z.strictObject({ action: z.literal('leave'), worker: nameSchema }),
]);
export type Control = z.infer<typeof controlSchema>;
