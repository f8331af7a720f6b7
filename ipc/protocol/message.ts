import { z } from 'zod';
import { correspondents, subtaskIdSchema } from '../../tasks/index.ts';

/** Characters of one message. */
export const messageLimit = 8_000;

const correspondentSchema = z.union([z.enum(correspondents), subtaskIdSchema]);

/**
 * A message between agents, the coordinator and people: into an agent's own box from another agent, into the
 * coordinator's box when it is for the coordinator or comes from a person.
 */
export const messageSchema = z.strictObject({
  /** Id of a subtask, `coordinator` or `person`. */
  from: correspondentSchema,
  to: correspondentSchema,
  text: z.string().min(1).max(messageLimit),
});
export type MailMessage = z.infer<typeof messageSchema>;
