/**
 * The schema of task files, limits included. Called on what a file, a module or a planning model says, and printed
 * as JSON Schema for editors. What it accepts is the written form: durations, defaults and templates are resolved by
 * the expansion. Every `error` is the words that follow "allowed" in a message.
 */
import { z } from 'zod';
import { modelTableSchema } from '../plan/model-facts.ts';
import { isBranchName } from './branch-name.ts';
import { checkListSchema, takenCheckNames } from './check-schema.ts';
import { textSchema } from './field-schemas.ts';
import { limits } from './limits.ts';
import { taskFileRolesSchema } from './role-schemas.ts';
import { budgetFieldsSchema, defaultsSchema, modelFieldsSchema, permissionSettingsSchema } from './settings-schemas.ts';
import { subtaskTemplateSchema } from './subtask-template-schema.ts';

const name = 'a name of 1 to 64 lower-case letters, digits and dashes';
const concurrency = () => `a whole number from 1 to ${limits.concurrency.toLocaleString('en')}`;
const subtasks = () => `a list of 1 to ${limits.templates.toLocaleString('en')} subtasks`;

export const taskFileSchema = z
  .strictObject(
    {
      $schema: textSchema(limits.text).optional().describe('For editors; Fanfold does not read it.'),
      version: z.literal(1, { error: 'the number 1' }).describe('Version of this format.'),
      name: z
        .string({ error: name })
        .regex(/^[a-z0-9-]{1,64}$/, { error: name })
        .describe('Name of the run: lower-case letters, digits and dashes.'),
      goal: textSchema(limits.goal).optional().describe('Shown to every agent and in the report.'),
      base: textSchema(200)
        .regex(/^[^\s\u0000-\u001f-][^\s\u0000-\u001f]*$/, { error: 'a commit, branch or tag' })
        .optional()
        .meta({ description: 'Commit the work starts from; pinned when the run starts.', default: 'HEAD' }),
      into: textSchema(200)
        .refine(isBranchName, { error: 'a branch name that git accepts, without refs/heads/' })
        .optional()
        .describe('Branch that receives the verified work. Default fanfold/<name>.'),
      concurrency: z
        .int({ error: concurrency })
        .min(1, { error: concurrency })
        .max(limits.concurrency, { error: concurrency })
        .optional()
        .describe('How many subtasks run at once.'),
      budget: budgetFieldsSchema.optional(),
      model: modelFieldsSchema.optional(),
      roles: taskFileRolesSchema.optional(),
      models: modelTableSchema
        .optional()
        .describe('Prices and sizes of models by name, where Fanfold does not know them or they are others.'),
      defaults: defaultsSchema.optional(),
      permissions: permissionSettingsSchema.optional().describe('Merged into the permissions of every subtask.'),
      checks: checkListSchema.optional().describe('Checks of every subtask and of the merged tree; they decide.'),
      subtasks: z
        .array(subtaskTemplateSchema, { error: subtasks })
        .min(1, { error: subtasks })
        .max(limits.templates, { error: subtasks })
        .refine((list) => list.filter(({ forEach }) => forEach !== undefined).length <= limits.forEachTemplates, {
          error: () => `at most ${limits.forEachTemplates.toLocaleString('en')} subtasks with forEach`,
        })
        .describe('What is to be done.'),
    },
    { error: 'an object with version, name and subtasks' },
  )
  .check(({ value, issues }) => {
    for (const { path, name } of takenCheckNames(value.checks, value.subtasks)) {
      const message = 'another name than those of the checks of the file, which every subtask has as well';
      issues.push({ code: 'custom', input: name, path, message });
    }
  })
  .meta({ title: 'Fanfold task file', description: 'A goal fanned out over subtasks.' });

/** A valid task file as it was written. */
export type TaskFile = z.infer<typeof taskFileSchema>;
