import { z } from 'zod';
import { createTool, failed, succeeded, type Tool, type ToolResult, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const schema = z.strictObject({
  file_path: z.string().min(1).describe('The file, relative to the workspace'),
  old_string: z.string().min(1).describe('The text to replace, exactly as it is in the file'),
  new_string: z.string().describe('The text to put in its place'),
  replace_all: z.boolean().optional().describe('Replace every occurrence; otherwise there must be exactly one'),
});

const definition = toolDefinition(
  'Edit',
  'Replaces text in a file of the workspace that has been read before. `old_string` must match exactly, white space ' +
    'included and without line numbers, and must occur once unless `replace_all` is set: take in enough of the lines ' +
    'around it.',
  schema,
);

type Replacement = Pick<z.output<typeof schema>, 'old_string' | 'new_string' | 'replace_all'>;

export function createEditTool(workspace: ToolWorkspace): Tool {
  const { jail } = workspace;
  return createTool(definition, schema, false, (input) => {
    const path = jail.resolve(input.file_path);
    if (!path.ok) return path;
    if (input.old_string === input.new_string) return { ok: false, problem: 'old_string and new_string are the same.' };
    return {
      ok: true,
      summary: path.given,
      request: { tool: 'Edit', effect: 'edit', paths: [path.relative, path.given] },
      execute: () => edit(workspace, input.file_path, input),
    };
  });
}

function edit({ jail, files, writeRefusal }: ToolWorkspace, path: string, replacement: Replacement): ToolResult {
  const now = jail.resolve(path);
  if (!now.ok) return failed(now.problem);
  const refusal = writeRefusal(now.relative) ?? files.unseen(now.absolute, now.given);
  if (refusal !== undefined) return failed(refusal);
  const content = files.read(now.absolute, now.given);
  if (content.kind === 'refused') return failed(content.problem);
  if (content.kind === 'missing') return failed(`There is no file ${now.given}. Create it with Write.`);
  const replaced = replace(content.text, replacement);
  if ('problem' in replaced) return failed(`${now.given} is unchanged: ${replaced.problem}`);
  const problem = files.write(now.absolute, now.given, replaced.text);
  const times = replaced.count === 1 ? '' : ` in ${replaced.count} places`;
  return problem === undefined ? succeeded(`Changed ${now.given}${times}.`) : failed(problem);
}

function replace(
  text: string,
  { old_string, new_string, replace_all = false }: Replacement,
): { text: string; count: number } | { problem: string } {
  // Models write line feeds; a file with carriage returns keeps them.
  const windows = !text.includes(old_string) && text.includes('\r\n');
  const wanted = windows ? withCarriageReturns(old_string) : old_string;
  const parts = text.split(wanted);
  const count = parts.length - 1;
  if (count === 0) return { problem: 'old_string does not occur in it. Read it again and copy the text exactly.' };
  if (count > 1 && !replace_all) {
    return { problem: `old_string occurs ${count} times. Take in more lines around it, or set replace_all.` };
  }
  return { text: parts.join(windows ? withCarriageReturns(new_string) : new_string), count };
}

function withCarriageReturns(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}
