import { z } from 'zod';
import { modelFieldsSchema } from './settings-schemas.ts';

/** What models are used for. The worker is the agent of a subtask. */
export const modelRoles = ['planner', 'worker', 'judge', 'summariser'] as const;
export type ModelRole = (typeof modelRoles)[number];

const judge = modelFieldsSchema.optional().describe('The model of checks that judge by a rubric.');
const summariser = modelFieldsSchema
  .optional()
  .describe("The model that sums up an agent's conversation when its context is full.");
const noPlanner =
  'nothing here, since a task file is planned already; --planner-model and settings.json name the planner of goals';

/** Of a task file. */
export const taskFileRolesSchema = z
  .strictObject({
    judge,
    summariser,
    planner: z.never({ error: noPlanner }).optional().describe('Not here: see --planner-model.'),
  })
  .meta({
    title: 'Roles',
    description: 'Models for other work than that of the agents; each is `model` with these fields on top.',
  });

/** Of a user's settings. */
export const userRolesSchema = () =>
  z.strictObject({
    planner: modelFieldsSchema.optional(),
    worker: modelFieldsSchema.optional(),
    judge,
    summariser,
  });
export type UserRoles = z.infer<ReturnType<typeof userRolesSchema>>;
