import { z } from 'zod';
import { subtaskSchema } from '../../tasks/index.ts';
import { nameSchema } from './envelope.ts';

/** What a worker needs to run one attempt of one subtask. It holds no secret. */
export const assignmentSchema = z.strictObject({
  run: nameSchema,
  attempt: z.int().min(1),
  subtask: subtaskSchema,
  goal: z.string().optional(),
  /** Absolute path of the repository's top folder, or of the folder worked on outside git. */
  repository: z.string(),
  /** Absolute path of the run's folder. */
  runFolder: z.string(),
  /** Commit the workspace starts from; absent outside git. */
  base: z.string().optional(),
  /** Project instructions (AGENTS.md, CLAUDE.md) at the base, equal for all siblings. */
  instructions: z.string().optional(),
});
export type Assignment = z.infer<typeof assignmentSchema>;
