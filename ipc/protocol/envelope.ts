import { z } from 'zod';

export const nameSchema = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** What a mailbox carries. `body` is validated by the schema of its `kind` before anybody acts on it. */
export const envelopeSchema = z.strictObject({
  /** Wire version. */
  version: z.literal(1),
  /** Unique per message; publishing the same id twice delivers once. */
  id: nameSchema,
  kind: z.enum([
    'assignment',
    'outcome',
    'gate-request',
    'gate-result',
    'control',
    'message',
    'permission-request',
    'helper-request',
  ]),
  from: nameSchema,
  to: nameSchema,
  body: z.unknown(),
});
export type Envelope = z.infer<typeof envelopeSchema>;
