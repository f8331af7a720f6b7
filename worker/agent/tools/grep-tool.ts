import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ripgrep } from './ripgrep.ts';
import { createTool, failed, type PreparedCall, succeeded, type Tool, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const usualHeadLimit = 250;
const longestLine = 500;

const context = z.int().min(0).max(1_000).optional();
const schema = z.strictObject({
  pattern: z.string().min(1).max(10_000).describe('A regular expression in the syntax of ripgrep'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe('The file or folder to search, relative to the workspace, or a handle such as result:toolu_1'),
  glob: z.string().min(1).max(1_000).optional().describe('Search only files that match, for instance `*.ts`'),
  type: z
    .string()
    .regex(/^[a-z0-9+-]+$/i)
    .optional()
    .describe('Search only files of this kind, for instance `js`, `py`'),
  output_mode: z
    .enum(['content', 'files_with_matches', 'count'])
    .optional()
    .describe('Matching lines, paths of files (the default), or the number of matching lines of each file'),
  '-i': z.boolean().optional().describe('Ignore case'),
  '-n': z.boolean().optional().describe('Line numbers, with output_mode content; true by default'),
  '-A': context.describe('Lines after each match, with output_mode content'),
  '-B': context.describe('Lines before each match, with output_mode content'),
  '-C': context.describe('Lines around each match, with output_mode content'),
  multiline: z.boolean().optional().describe('Let the pattern match across lines'),
  head_limit: z.int().min(1).optional().describe(`Only the first so many lines; ${usualHeadLimit} by default`),
});
type Input = z.output<typeof schema>;

const definition = toolDefinition(
  'Grep',
  'Searches the contents of files in the workspace with ripgrep. Files that git ignores and binary files are left out.',
  schema,
);

export function createGrepTool(workspace: ToolWorkspace): Tool {
  const { jail, results } = workspace;
  return createTool(definition, schema, true, (input) => {
    const { pattern, path = '.', glob } = input;
    const kept = results?.find(path);
    if (kept !== undefined) return searchResult(workspace, input, path, kept);
    const place = jail.resolve(path);
    if (!place.ok) return place;
    if (glob?.startsWith('!') === true) return { ok: false, problem: 'The glob must not begin with `!`.' };
    return {
      ok: true,
      summary: path === '.' ? pattern : `${pattern} in ${place.given}`,
      request: { tool: 'Grep', effect: 'read', paths: [place.relative, place.given] },
      async execute(signal) {
        const now = jail.resolve(path);
        if (!now.ok) return failed(now.problem);
        if (isSpecial(now.absolute)) return failed(`${now.given} is neither a file nor a folder.`);
        const found = await ripgrep(workspace, { options: optionsOf(input), folder: now.relative }, signal);
        if (!found.ok) return failed(found.problem);
        return succeeded(shorten(found.text, input.head_limit ?? usualHeadLimit));
      },
    };
  });
}

/** One that is not there gives no match. */
function searchResult(
  workspace: ToolWorkspace,
  input: Input,
  handle: string,
  { folder, name }: { folder: string; name: string },
): PreparedCall {
  return {
    ok: true,
    summary: `${input.pattern} in ${handle}`,
    request: { tool: 'Grep', effect: 'read', paths: [handle] },
    async execute(signal) {
      if (!existsSync(join(folder, name))) return failed(`There is no ${handle} any more. Make its call again.`);
      const place = { ...workspace, hidden: [], jail: { ...workspace.jail, root: folder } };
      const found = await ripgrep(place, { options: optionsOf(input), folder: name }, signal);
      if (!found.ok) return failed(found.problem);
      return succeeded(shorten(found.text.replaceAll(name, handle), input.head_limit ?? usualHeadLimit));
    },
  };
}

/** A pipe or device: reading it could last for ever. */
function isSpecial(path: string): boolean {
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}

function optionsOf(input: Input): string[] {
  const { pattern, glob, type, output_mode: mode = 'files_with_matches', multiline } = input;
  const options = ['--regexp', pattern];
  if (glob !== undefined) options.push('--glob', glob);
  if (type !== undefined) options.push('--type', type);
  if (input['-i'] === true) options.push('--ignore-case');
  if (multiline === true) options.push('--multiline', '--multiline-dotall');
  if (mode === 'files_with_matches') return [...options, '--files-with-matches'];
  if (mode === 'count') return [...options, '--count', '--with-filename'];
  options.push('--no-heading', '--with-filename', `--max-columns=${longestLine}`, '--max-columns-preview');
  options.push(input['-n'] === false ? '--no-line-number' : '--line-number');
  for (const name of ['-A', '-B', '-C'] as const) {
    const lines = input[name];
    if (lines !== undefined) options.push(name, String(lines));
  }
  return options;
}

function shorten(text: string, limit: number): string {
  if (text === '') return 'No match.';
  const lines = text.replace(/^\.\//gm, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const hint =
    lines.length > limit ? `\n(${lines.length - limit} more lines. Search narrower, or raise head_limit.)` : '';
  return lines.slice(0, limit).join('\n') + hint;
}
