import { z } from 'zod';

/** Raised when results of earlier versions must not be reused; part of every key. */
export const resultFormat = 2;

const name = z.string().regex(/^[a-z0-9-]{1,64}$/);
const objectId = z.string().regex(/^[0-9a-f]{40,64}$/);

/** What an accepted subtask came to, as it is kept for later runs. */
export const keptResultSchema = z.strictObject({
  format: z.literal(resultFormat),
  /** The run that did the work, and where in it. */
  run: name,
  subtask: name,
  attempt: z.int().min(1),
  result: z.enum(['changed', 'unchanged', 'done']),
  commit: objectId.exactOptional(),
  /** The commit that `commit` was built on. */
  base: objectId.exactOptional(),
  changedFiles: z.array(z.string()).exactOptional(),
  output: z.unknown().optional(),
  /** Without a workspace: digest of the files it may write, as it left them. */
  left: z.string().exactOptional(),
  /** Digest of the files it depends on without the task file and the data file of its item, where these are among them. */
  rest: z.string().exactOptional(),
});
export type KeptResult = z.infer<typeof keptResultSchema>;
