import { z } from 'zod';
import { subtaskSchema, usageSchema } from '../../tasks/index.ts';
import { nameSchema } from './envelope.ts';
import { checkResultSchema } from './outcome.ts';

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
  /** The first agents of the run that messages can be sent to, for subtasks with `messages`, and how many there are. */
  agents: z.strictObject({ ids: z.array(nameSchema).max(30), total: z.int() }).optional(),
  /** Agents of the run that can be at work at once. */
  agentsAtOnce: z.int().min(1).optional(),
  /** How long somebody has to answer a permission request, ms; absent where nobody is there to be asked. */
  askTimeoutMs: z.int().positive().optional(),
  /**
   * An earlier attempt whose agent goes on: its conversation from the last complete turn, its files as `commit` has
   * them. A delivery of the same attempt goes on by itself from what that attempt's folder holds.
   */
  continues: z
    .strictObject({
      attempt: z.int().min(1),
      commit: z.string().optional(),
      /** Whose work was chosen there, where several had tried. */
      candidate: z.int().min(1).max(8).optional(),
    })
    .optional(),
  /** What earlier attempts used, where the subtask has a budget of its own. */
  spent: z.strictObject({ usage: usageSchema, durationMs: z.number().nonnegative() }).optional(),
  /** See SubtaskQueued; one agent goes on, also where several had tried. */
  repair: z.strictObject({ round: z.int().min(1), checks: z.array(checkResultSchema).max(100) }).optional(),
});
export type Assignment = z.infer<typeof assignmentSchema>;
