import { z } from 'zod';
import { agentFieldSchema, helpersFieldSchema } from './agent-schemas.ts';
import { subtaskCheckListSchema } from './check-schema.ts';
import {
  isPlainObject,
  listSchema,
  pathTemplateSchema,
  patternTemplateSchema,
  requireOne,
  templateSchema,
} from './field-schemas.ts';
import { forEachSchema } from './for-each-schema.ts';
import { jsonProblem } from './json-value.ts';
import { limits } from './limits.ts';
import {
  candidatesFieldSchema,
  inputsFieldSchema,
  inputVariablesFieldSchema,
  messagesFieldSchema,
  modelFieldsSchema,
  permissionSettingsSchema,
  repairsFieldSchema,
  retriesFieldSchema,
  subtaskBudgetFieldSchema,
  timeoutFieldSchema,
  workspaceFieldSchema,
} from './settings-schemas.ts';

const executorFields = ['prompt', 'run', 'codemod'] as const;
const exactlyOne = `exactly one of ${executorFields.join(', ')}`;

const outputSchema = z
  .strictObject({
    schema: z
      .record(z.string(), z.unknown(), { error: 'an object that holds a JSON Schema' })
      .refine((schema) => jsonProblem(schema) === undefined, {
        error: (issue) => jsonProblem(issue.input) ?? 'a JSON Schema',
      })
      .describe('JSON Schema of the output.'),
  })
  .meta({ title: 'Output', description: 'Structured output that the subtask owes, collected into results.jsonl.' });

const ruleFiles = z.union([pathTemplateSchema, listSchema(pathTemplateSchema, 'paths of rule files')], {
  error: 'a path of an ast-grep rule file, or a list of them',
});
const patterns = (description: string) =>
  z.array(patternTemplateSchema, { error: 'a list of globs' }).max(limits.list).optional().describe(description);

export const subtaskTemplateSchema = z
  .strictObject(
    {
      id: templateSchema(limits.text, idProblem).describe(
        'Lower-case letters, digits and dashes; values are made to fit.',
      ),
      title: templateSchema(limits.text).optional().describe('Shown instead of the id.'),
      forEach: forEachSchema.optional(),
      needs: z
        .array(templateSchema(limits.text, needProblem), { error: 'a list of ids' })
        .max(limits.list)
        .optional()
        .describe('Ids of subtasks that must have landed before; * stands for any characters.'),
      prompt: templateSchema(limits.prompt).optional().describe('Work for an agent.'),
      run: templateSchema(limits.command).optional().describe('A shell command. Placeholders are shell-quoted.'),
      codemod: ruleFiles.optional().describe("Rule files in ast-grep's own format, relative to the task file."),
      files: patterns('For a codemod: globs of the files it works on. Default: all of its languages.'),
      writes: patterns('Globs of what the subtask may write. Default: anything inside the workspace.'),
      inputs: inputsFieldSchema.optional(),
      inputVariables: inputVariablesFieldSchema.optional(),
      output: outputSchema.optional(),
      workspace: workspaceFieldSchema.optional(),
      retries: retriesFieldSchema.optional(),
      repairs: repairsFieldSchema.optional(),
      candidates: candidatesFieldSchema.optional(),
      timeout: timeoutFieldSchema.optional(),
      permissions: permissionSettingsSchema.optional(),
      model: modelFieldsSchema.optional(),
      budget: subtaskBudgetFieldSchema.optional(),
      messages: messagesFieldSchema.optional(),
      agent: agentFieldSchema.optional(),
      helpers: helpersFieldSchema.optional(),
      checks: subtaskCheckListSchema.optional().describe("Checks of this subtask, in the subtask's workspace."),
    },
    { error: `an object with id and ${exactlyOne}` },
  )
  .refine((value) => executorFields.filter((key) => value[key] !== undefined).length === 1, {
    error: exactlyOne,
    when: isPlainObject,
  })
  .refine((value) => value.files === undefined || value.codemod !== undefined, {
    error:
      'nothing here, since files belong to codemod; name files in the prompt or command, and what may change in writes',
    path: ['files'],
    when: isPlainObject,
  })
  .refine((value) => value.output === undefined || value.codemod === undefined, {
    error: 'nothing here, since a codemod has no output',
    path: ['output'],
    when: isPlainObject,
  })
  .refine((value) => value.messages !== true || value.prompt !== undefined, {
    error: 'nothing here, since only agents (prompt) write messages',
    path: ['messages'],
    when: isPlainObject,
  })
  .refine((value) => value.budget === undefined || value.prompt !== undefined, {
    error: 'nothing here, since only agents (prompt) spend money; timeout limits the time of others',
    path: ['budget'],
    when: isPlainObject,
  })
  .refine((value) => value.agent === undefined || value.prompt !== undefined, {
    error: 'nothing here, since only work for an agent (prompt) has one',
    path: ['agent'],
    when: isPlainObject,
  })
  .refine((value) => value.helpers === undefined || value.prompt !== undefined, {
    error: 'nothing here, since only agents (prompt) have helpers',
    path: ['helpers'],
    when: isPlainObject,
  })
  .refine((value) => value.model === undefined || value.prompt !== undefined, {
    error: 'nothing here, since only agents (prompt) ask a model; judges take theirs from the check or from roles',
    path: ['model'],
    when: isPlainObject,
  })
  .refine((value) => value.permissions === undefined || value.prompt !== undefined || hasJudge(value.checks), {
    error: 'nothing here, since permissions bind agents (prompt) and judges; a command or codemod asks for no leave',
    path: ['permissions'],
    when: isPlainObject,
  })
  .refine((value) => value.repairs === undefined || value.prompt !== undefined, {
    error:
      'nothing here, since only an agent (prompt) can mend its work; use retries for what fails for a passing reason',
    path: ['repairs'],
    when: isPlainObject,
  })
  .refine((value) => value.candidates === undefined || value.prompt !== undefined, {
    error: 'nothing here, since only agents (prompt) come to different results',
    path: ['candidates'],
    when: isPlainObject,
  })
  .meta({
    title: 'Subtask',
    description: `A piece of work, or with forEach one per item: ${exactlyOne}.`,
    oneOf: requireOne(executorFields),
  });
export type SubtaskTemplate = z.infer<typeof subtaskTemplateSchema>;

/** What a subtask denies its judge may not read. */
function hasJudge(checks: unknown): boolean {
  return Array.isArray(checks) && checks.some((check) => isPlainObject({ value: check }) && 'judge' in check);
}

function idProblem(text: string): string | undefined {
  return /^[a-z0-9-]+$/.test(text) ? undefined : 'lower-case letters, digits, dashes and ${{ }}';
}

function needProblem(text: string): string | undefined {
  return /^[a-z0-9*-]+$/.test(text) ? undefined : 'an id: lower-case letters, digits, dashes, * and ${{ }}';
}
