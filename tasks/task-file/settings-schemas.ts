import { z } from 'zod';
import { effortSchema, thinkingSchema } from '../plan/model-effort.ts';
import { permissionModes, permissionRuleSchema } from '../plan/permissions.ts';
import { serverUrlSchema } from '../plan/server-url.ts';
import { agentFieldSchema, helpersFieldSchema } from './agent-schemas.ts';
import { durationSchema } from './duration.ts';
import { isPlainObject, patternTemplateSchema, textSchema } from './field-schemas.ts';
import { limits } from './limits.ts';

const rules = (what: string) =>
  z
    .array(permissionRuleSchema, { error: 'a list of rules such as Bash(npm test *)' })
    .max(limits.list)
    .optional()
    .describe(`Rules for tool calls that ${what}: Tool or Tool(specifier), for instance Bash(npm test *).`);

export const permissionSettingsSchema = z
  .strictObject({
    mode: z
      .enum(permissionModes)
      .optional()
      .describe(
        'plan reads only; acceptEdits edits inside the workspace and runs allowed commands; default acceptEdits.',
      ),
    allow: rules('are allowed'),
    ask: rules('are asked for; a denial where nobody is there'),
    deny: rules('are denied, before any other rule'),
  })
  .meta({ title: 'Permissions', description: 'What agents may do. Evaluated deny, then ask, then allow.' });
export type PermissionSettings = z.infer<typeof permissionSettingsSchema>;

const count = (maximum: number, what: string) => {
  const error = () => `a whole number of ${what} from 1 to ${maximum.toLocaleString('en')}`;
  return z.int({ error }).min(1, { error }).max(maximum, { error });
};
const positive = (what: string) =>
  z.number({ error: `a number of ${what} above 0` }).positive({ error: `a number of ${what} above 0` });

const fallbackError = 'a list of at most 8 names of models';

export const modelFieldsSchema = z
  .strictObject({
    name: textSchema(limits.modelName)
      .optional()
      .describe('Model name as the API knows it, or replay:FILE for the replies recorded in a file.'),
    baseUrl: serverUrlSchema
      .optional()
      .describe('Server that speaks the Messages API, for instance http://127.0.0.1:11434.'),
    maxTokens: count(1_000_000, 'tokens').optional().describe('Output tokens one turn may use.'),
    idleTimeout: durationSchema
      .optional()
      .meta({ description: 'A server that sends nothing for so long is asked again.', default: '2m' }),
    fallback: z
      .array(textSchema(200), { error: fallbackError })
      .max(8, { error: fallbackError })
      .optional()
      .describe('Models of the same server that take a turn while those before them are overloaded, in order.'),
    warmUp: z.enum(['auto', 'on', 'off']).optional().meta({
      description:
        'Whether agents wait until the first of them has written what they share to the prompt cache; auto: where that saves a cent or more.',
      default: 'auto',
    }),
    effort: effortSchema
      .optional()
      .describe(
        'How much work the model puts into an answer: low, medium, high, xhigh or max. Default: as the server says.',
      ),
    thinking: thinkingSchema
      .optional()
      .describe('adaptive, off, or { budgetTokens } for older models. Default: as the server says.'),
  })
  .refine(({ maxTokens, thinking }) => leavesRoom(maxTokens, thinking), {
    error: 'fewer thinking tokens than maxTokens, since they count among those',
    path: ['thinking', 'budgetTokens'],
    when: isPlainObject,
  })
  .meta({ title: 'Model', description: 'The model that agents use.' });
export type ModelFields = z.infer<typeof modelFieldsSchema>;

function leavesRoom(maxTokens: number | undefined, thinking: z.infer<typeof thinkingSchema> | undefined): boolean {
  return maxTokens === undefined || typeof thinking !== 'object' || thinking.budgetTokens < maxTokens;
}

export const budgetFieldsSchema = z
  .strictObject({
    usd: positive('dollars').optional().describe('US dollars, by list price.'),
    tokens: count(Number.MAX_SAFE_INTEGER, 'tokens').optional().describe('Tokens of all kinds together.'),
    minutes: positive('minutes').optional().describe('Time from the start of the run.'),
  })
  .meta({ title: 'Budget', description: 'What the run may spend; no request is made that could pass it.' });
export type BudgetFields = z.infer<typeof budgetFieldsSchema>;

export const subtaskBudgetFieldSchema = z
  .strictObject({
    ...budgetFieldsSchema.shape,
    minutes: positive('minutes').optional().describe('Time at work.'),
  })
  .meta({
    title: 'Subtask budget',
    description: 'What a subtask may spend over all its attempts, its helpers and judges included.',
  });

export const workspaceFieldSchema = z
  .enum(['worktree', 'copy', 'none'])
  .describe(
    'worktree: a git worktree of its own; copy: a copy of the folder; none: the folder itself. Default worktree.',
  );

export const retriesFieldSchema = z
  .int({ error: 'a whole number from 0 to 10' })
  .min(0, { error: 'a whole number from 0 to 10' })
  .max(10, { error: 'a whole number from 0 to 10' })
  .meta({ description: 'How often an attempt that failed for a passing reason is tried again.', default: 2 });

export const repairsFieldSchema = z
  .int({ error: 'a whole number from 0 to 10' })
  .min(0, { error: 'a whole number from 0 to 10' })
  .max(10, { error: 'a whole number from 0 to 10' })
  .meta({
    description: 'How often an agent is told which checks its work fails, with their output, and goes on to mend it.',
    default: 2,
  });

export const candidatesFieldSchema = z
  .int({ error: 'a whole number from 1 to 8' })
  .min(1, { error: 'a whole number from 1 to 8' })
  .max(8, { error: 'a whole number from 1 to 8' })
  .meta({
    description: 'So many agents do the same work, each in a workspace of its own, and the best by its checks is kept.',
    default: 1,
  });

export const timeoutFieldSchema = durationSchema.meta({
  description: 'Time limit of an attempt: 20m, 90s, 500ms, 1h30m or a number of seconds.',
  default: '20m',
});

export const inputsFieldSchema = z
  .array(patternTemplateSchema, { error: 'a list of globs' })
  .max(limits.list)
  .describe(
    'Globs of all that the result depends on: while these files are the same, an earlier result is reused. Default: everything.',
  );

const variableName = 'a name of a variable, or how such names begin with * at the end, for instance BUILD_*';

export const inputVariablesFieldSchema = z
  .array(z.string({ error: variableName }).regex(/^(?:[A-Za-z_]\w{0,199}\*?|\*)$/, { error: variableName }), {
    error: 'a list of names of environment variables',
  })
  .max(limits.list)
  .describe(
    'Environment variables that the result depends on, besides the usual ones and those that commands name; NAME_* for several.',
  );

export const messagesFieldSchema = z.boolean({ error: 'true or false' }).meta({
  description: 'Whether its agent may write to other agents and to the coordinator, and is written to.',
  default: false,
});

export const defaultsSchema = z
  .strictObject({
    retries: retriesFieldSchema.optional(),
    repairs: repairsFieldSchema.optional(),
    timeout: timeoutFieldSchema.optional(),
    workspace: workspaceFieldSchema.optional(),
    permissions: permissionSettingsSchema.optional(),
    model: modelFieldsSchema.optional(),
    budget: subtaskBudgetFieldSchema.optional(),
    messages: messagesFieldSchema.optional(),
    agent: agentFieldSchema.optional(),
    helpers: helpersFieldSchema.optional(),
    inputs: inputsFieldSchema.optional(),
    inputVariables: inputVariablesFieldSchema.optional(),
  })
  .meta({ title: 'Defaults', description: 'Settings of every subtask that does not say otherwise.' });
