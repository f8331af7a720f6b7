import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { isPlainObject, plainPathSchema, requireOne, templateSchema, textSchema } from './field-schemas.ts';
import { limits } from './limits.ts';
import { pathProblem } from './path-rules.ts';
import { modelFieldsSchema } from './settings-schemas.ts';

const kinds = ['run', 'module', 'judge'] as const;
const exactlyOne = `exactly one of ${kinds.join(', ')}`;
const places = ['workspace', 'merged'] as const;
const placesError = 'a list with workspace, merged or both';
const minimumError = 'a number from 0 to 1';

const judgeSchema = z
  .strictObject(
    {
      rubric: z
        .union(
          [
            templateSchema(limits.rubric),
            z.strictObject({
              file: plainPathSchema(pathProblem).describe('A text file, relative to the task file.'),
            }),
          ],
          { error: () => `text of 1 to ${limits.rubric.toLocaleString('en')} characters, or an object with file` },
        )
        .describe('What good work is: text, or { file: path }.'),
      model: modelFieldsSchema.optional().describe('On top of `roles.judge` and `model`.'),
    },
    { error: 'an object with rubric' },
  )
  .meta({ title: 'Judge', description: 'A model that reads the work and gives it a score.' });

const checkFieldsSchema = z
  .strictObject(
    {
      name: textSchema(limits.nameLength).describe('Name in reports.'),
      run: templateSchema(limits.command)
        .optional()
        .describe('Shell command; exit code 0 passes. Placeholders are shell-quoted.'),
      module: plainPathSchema(moduleProblem)
        .optional()
        .describe('A module whose default export was made by defineCheck, relative to the task file; needs --trust.'),
      judge: judgeSchema.optional(),
      minimum: z
        .number({ error: minimumError })
        .min(0, { error: minimumError })
        .max(1, { error: minimumError })
        .optional()
        .describe('The score it takes to pass, from 0 to 1. Default for a judge 0.7, else what the check itself says.'),
      score: z
        .literal(true, { error: 'true' })
        .optional()
        .describe('The command prints a score: its last line is `score: ` and a number from 0 to 1.'),
      gate: z
        .boolean()
        .optional()
        .meta({ description: 'False reports without deciding. Default true.', default: true }),
      timeout: durationSchema.optional().meta({ description: 'Time limit, for instance 10m.', default: '10m' }),
      on: z
        .array(z.enum(places), { error: placesError })
        .min(1, { error: placesError })
        .max(2, { error: placesError })
        .optional()
        .describe("Where it runs: in the subtask's workspace, on the merged tree, or both."),
    },
    { error: `an object with name and ${exactlyOne}` },
  )
  .refine((check) => kinds.filter((kind) => check[kind] !== undefined).length === 1, {
    error: exactlyOne,
    when: isPlainObject,
  })
  .refine((check) => check.score === undefined || check.run !== undefined, {
    error: 'nothing here, since a module or a judge gives its score anyway',
    path: ['score'],
    when: isPlainObject,
  })
  .meta({
    title: 'Check',
    description: `An evaluation function: ${exactlyOne}.`,
    oneOf: requireOne(kinds),
  });
export type CheckFields = z.infer<typeof checkFieldsSchema>;

export const checkListSchema = z
  .array(checkFieldsSchema, { error: `a list of checks, each with name and ${exactlyOne}` })
  .max(limits.checks, { error: `at most ${limits.checks} checks` })
  .refine((checks) => new Set(checks.map(({ name }) => name)).size === checks.length, {
    error: 'checks whose names differ',
  });

/** Of a subtask: its work is never a merged tree of its own. */
export const subtaskCheckListSchema = checkListSchema.check((context) => {
  for (const [index, { on = [] }] of context.value.entries()) {
    const place = on.indexOf('merged');
    if (place < 0) continue;
    const message =
      'workspace, since a check of a subtask is run in its workspace only; for the merged tree write it in `checks` of the file';
    context.issues.push({ code: 'custom', input: on[place], path: [index, 'on', place], message });
  }
});

/** Results are told apart by the names of their checks: those of the file are those of every subtask as well. */
export function takenCheckNames(
  ofFile: readonly { name: string }[] | undefined,
  subtasks: readonly { checks?: readonly { name: string }[] | undefined }[],
): { path: (string | number)[]; name: string }[] {
  const names = new Set(ofFile?.map(({ name }) => name));
  return subtasks.flatMap(({ checks = [] }, subtask) =>
    checks.flatMap(({ name }, check) =>
      names.has(name) ? [{ path: ['subtasks', subtask, 'checks', check, 'name'], name }] : [],
    ),
  );
}

function moduleProblem(path: string): string | undefined {
  return pathProblem(path) ?? (/\.m?[jt]s$/.test(path) ? undefined : 'a path that ends in .mjs, .js, .mts or .ts');
}
