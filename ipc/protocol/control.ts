import { z } from 'zod';

/** Orders to a coordinator or a worker, by mailbox. */
export const controlSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('cancel'), reason: z.string() }),
  z.strictObject({ action: z.literal('shut-down') }),
]);
