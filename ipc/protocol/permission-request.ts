import { z } from 'zod';
import { nameSchema } from './envelope.ts';

/** An agent waits for somebody to allow a call of a tool. The answer is the control message `permission-answer`. */
export const permissionRequestSchema = z.strictObject({
  /** Names this request and its answer; short, since people type it. */
  request: nameSchema,
  subtask: nameSchema,
  attempt: z.int().min(1),
  worker: nameSchema,
  tool: z.string().max(100),
  /** One line that names the subject, control sequences removed. */
  summary: z.string().max(4_000),
  reason: z.string().max(2_000),
});
export type PermissionRequestMail = z.infer<typeof permissionRequestSchema>;
