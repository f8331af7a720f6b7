import { z } from 'zod';
import { isPlainObject, listSchema, plainPathSchema, requireOne, textSchema } from './field-schemas.ts';
import { limits } from './limits.ts';
import { pathProblem, patternProblem } from './path-rules.ts';

/** The kinds of forEach; exactly one of them is there. */
export const itemSources = ['glob', 'files', 'lines', 'csv', 'jsonl', 'json', 'command'] as const;

const allowed = `exactly one of ${itemSources.join(', ')}`;
const pattern = plainPathSchema(patternProblem);
const patterns = z.union([pattern, listSchema(pattern, 'globs')], { error: 'a glob or a list of globs' });
const dataFile = plainPathSchema(pathProblem);

const count = (maximum: number) => {
  const error = () => `a whole number from 1 to ${maximum.toLocaleString('en')}`;
  return z.int({ error }).min(1, { error }).max(maximum, { error });
};

export const forEachSchema = z
  .strictObject(
    {
      glob: patterns.optional().describe('Files and directories that match; a trailing slash means directories only.'),
      files: patterns.optional().describe('Files that match.'),
      lines: dataFile.optional().describe('A text file: one item per line that is not blank.'),
      csv: dataFile.optional().describe('A CSV file with a header row: one item per row, a field per column.'),
      jsonl: dataFile.optional().describe('A file with one JSON value per line.'),
      json: dataFile.optional().describe('A JSON file that holds a list; see select.'),
      select: textSchema(limits.text)
        .regex(/^[^.\s]+(\.[^.\s]+)*$/, { error: 'a dotted path such as data.items' })
        .optional()
        .describe('Where the list stands in the JSON file, for instance data.items.'),
      command: textSchema(limits.command)
        .refine((command) => !command.includes('${{'), { error: 'a command without ${{ }}' })
        .optional()
        .describe('A shell command: one item per line of its standard output.'),
      chunk: count(limits.rows).optional().describe('Groups so many items into one; see item.items and item.paths.'),
      limit: count(limits.rows).optional().describe('Takes only the first so many items.'),
      allowEmpty: z.boolean().optional().meta({ description: 'No items is no error then.', default: false }),
    },
    { error: `an object with ${allowed}` },
  )
  .refine((value) => itemSources.filter((key) => value[key] !== undefined).length === 1, {
    error: allowed,
    when: isPlainObject,
  })
  .refine((value) => value.select === undefined || value.json !== undefined, {
    error: 'nothing here, since select belongs to json',
    path: ['select'],
  })
  .meta({
    title: 'For each',
    description: `One subtask per item: ${allowed}.`,
    oneOf: requireOne(itemSources),
  });
export type ForEach = z.infer<typeof forEachSchema>;

/** The data file that the items come from, as written; undefined where they come from elsewhere. */
export function itemsFileOf(forEach: ForEach | undefined): string | undefined {
  return forEach?.lines ?? forEach?.csv ?? forEach?.jsonl ?? forEach?.json;
}
