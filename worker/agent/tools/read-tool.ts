import { z } from 'zod';
import { createTool, failed, succeeded, type Tool, type ToolResult, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const usualLines = 2_000;
const longestLine = 2_000;
const longestResult = 80_000;

const schema = z.strictObject({
  file_path: z.string().min(1).describe('The file, relative to the workspace'),
  offset: z.int().min(1).optional().describe('The first line to read, from 1'),
  limit: z.int().min(1).optional().describe('How many lines to read'),
});

const definition = toolDefinition(
  'Read',
  `Reads a text file of the workspace. Returns up to ${usualLines} lines, each with its number and a tab before it; ` +
    'with `offset` and `limit` a part of a longer file. A file must be read before it can be changed.',
  schema,
);

export function createReadTool({ jail, files }: ToolWorkspace): Tool {
  return createTool(definition, schema, true, ({ file_path, offset, limit }) => {
    const path = jail.resolve(file_path);
    if (!path.ok) return path;
    return {
      ok: true,
      summary: path.given,
      request: { tool: 'Read', effect: 'read', paths: [path.relative, path.given] },
      execute() {
        const now = jail.resolve(file_path);
        if (!now.ok) return failed(now.problem);
        const content = files.read(now.absolute, now.given);
        if (content.kind === 'refused') return failed(content.problem);
        if (content.kind === 'missing') return failed(`There is no file ${now.given}. Find files with Glob.`);
        return numbered(content.text, offset ?? 1, limit ?? usualLines);
      },
    };
  });
}

function numbered(text: string, first: number, count: number): ToolResult {
  if (text === '') return succeeded('(The file is empty.)');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (first > lines.length) return failed(`The file has ${lines.length} lines only; there is no line ${first}.`);
  let result = '';
  let at = first - 1;
  for (; at < lines.length && at < first - 1 + count && result.length < longestResult; at += 1) {
    const line = lines[at] ?? '';
    const shown = line.length <= longestLine ? line : `${line.slice(0, longestLine)}… (${line.length} characters)`;
    result += `${String(at + 1).padStart(6)}\t${shown}\n`;
  }
  if (at < lines.length) result += `(Lines ${first} to ${at} of ${lines.length}. Go on with offset ${at + 1}.)\n`;
  return succeeded(result);
}
