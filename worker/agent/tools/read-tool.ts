import { join } from 'node:path';
import { z } from 'zod';
import { createTool, failed, succeeded, type Tool, type ToolResult, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const usualLines = 2_000;
const longestLine = 2_000;
/** Characters of a page: rather more than what other tools may give, since the agent asked for exactly this. */
const longestPage = 50_000;

const schema = z.strictObject({
  file_path: z.string().min(1).describe('The file, relative to the workspace, or a handle such as result:toolu_1'),
  offset: z.int().min(1).optional().describe('The first line to read, from 1'),
  limit: z.int().min(1).optional().describe('How many lines to read'),
});

const definition = toolDefinition(
  'Read',
  `Reads a text file of the workspace. Returns up to ${usualLines} lines, each with its number and a tab before it; ` +
    'with `offset` and `limit` a part of a longer file. A file must be read before it can be changed.',
  schema,
);

export function createReadTool({ jail, files, results }: ToolWorkspace): Tool {
  const tool = createTool(definition, schema, true, ({ file_path, offset, limit }) => {
    const page = (content: ReturnType<typeof files.read>, missing: string): ToolResult => {
      if (content.kind === 'refused') return failed(content.problem);
      if (content.kind === 'missing') return failed(missing);
      return numbered(content.text, offset ?? 1, limit ?? usualLines);
    };
    const kept = results?.find(file_path);
    if (kept !== undefined) {
      return {
        ok: true,
        summary: file_path,
        request: { tool: 'Read', effect: 'read', paths: [file_path] },
        execute: () =>
          page(
            files.read(join(kept.folder, kept.name), file_path),
            `There is no ${file_path} any more. Make its call again.`,
          ),
      };
    }
    const path = jail.resolve(file_path);
    if (!path.ok) return path;
    return {
      ok: true,
      summary: path.given,
      request: { tool: 'Read', effect: 'read', paths: [path.relative, path.given] },
      execute() {
        const now = jail.resolve(file_path);
        if (!now.ok) return failed(now.problem);
        return page(files.read(now.absolute, now.given), `There is no file ${now.given}. Find files with Glob.`);
      },
    };
  });
  return { ...tool, paged: true };
}

function numbered(text: string, first: number, count: number): ToolResult {
  if (text === '') return succeeded('(The file is empty.)');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (first > lines.length) return failed(`The file has ${lines.length} lines only; there is no line ${first}.`);
  let result = '';
  let at = first - 1;
  for (; at < lines.length && at < first - 1 + count && result.length < longestPage; at += 1) {
    const line = lines[at] ?? '';
    const shown = line.length <= longestLine ? line : `${line.slice(0, longestLine)}… (${line.length} characters)`;
    result += `${String(at + 1).padStart(6)}\t${shown}\n`;
  }
  if (at < lines.length) result += `(Lines ${first} to ${at} of ${lines.length}. Go on with offset ${at + 1}.)\n`;
  return succeeded(result);
}
