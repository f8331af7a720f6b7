import { z } from 'zod';
import { permissionModes, permissionRuleSchema } from '../plan/permissions.ts';
import { durationSchema } from './duration.ts';
import { patternTemplateSchema, templateSchema, textSchema } from './field-schemas.ts';
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
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' })
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
  })
  .meta({ title: 'Model', description: 'The model that agents use.' });
export type ModelFields = z.infer<typeof modelFieldsSchema>;

export const budgetFieldsSchema = z
  .strictObject({
    usd: positive('dollars').optional().describe('US dollars, by list price.'),
    tokens: count(Number.MAX_SAFE_INTEGER, 'tokens').optional().describe('Tokens of all kinds together.'),
    minutes: positive('minutes').optional().describe('Time from the start of the run.'),
  })
  .meta({ title: 'Budget', description: 'When one of these is used up, no further work is started.' });

const places = ['workspace', 'merged'] as const;

const checkFieldsSchema = z
  .strictObject({
    name: textSchema(limits.nameLength).describe('Name in reports.'),
    run: templateSchema(limits.command).describe('Shell command; exit code 0 passes. Placeholders are shell-quoted.'),
    gate: z.boolean().optional().meta({ description: 'False reports without deciding. Default true.', default: true }),
    timeout: durationSchema.optional().meta({ description: 'Time limit, for instance 10m.', default: '10m' }),
    on: z
      .array(z.enum(places), { error: 'a list with workspace, merged or both' })
      .min(1, { error: 'a list with workspace, merged or both' })
      .max(2, { error: 'a list with workspace, merged or both' })
      .optional()
      .describe("Where it runs: in the subtask's workspace, on the merged tree, or both."),
  })
  .meta({ title: 'Check', description: 'An evaluation function: a command whose exit code decides.' });
export type CheckFields = z.infer<typeof checkFieldsSchema>;

export const checkListSchema = z
  .array(checkFieldsSchema, { error: 'a list of checks, each with name and run' })
  .max(limits.checks, { error: `at most ${limits.checks} checks` })
  .refine((checks) => new Set(checks.map(({ name }) => name)).size === checks.length, {
    error: 'checks whose names differ',
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
    timeout: timeoutFieldSchema.optional(),
    workspace: workspaceFieldSchema.optional(),
    permissions: permissionSettingsSchema.optional(),
    model: modelFieldsSchema.optional(),
    messages: messagesFieldSchema.optional(),
    inputs: inputsFieldSchema.optional(),
    inputVariables: inputVariablesFieldSchema.optional(),
  })
  .meta({ title: 'Defaults', description: 'Settings of every subtask that does not say otherwise.' });
