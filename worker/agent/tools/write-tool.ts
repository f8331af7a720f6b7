import { z } from 'zod';
import { createTool, failed, succeeded, type Tool, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';
import { longestFileBytes } from './workspace-files.ts';

const schema = z.strictObject({
  file_path: z.string().min(1).describe('The file, relative to the workspace'),
  content: z.string().describe('The whole content of the file'),
});

const definition = toolDefinition(
  'Write',
  'Writes a whole file of the workspace and creates its folders. An existing file must have been read before. To ' +
    'change a part of a file use Edit.',
  schema,
);

export function createWriteTool({ jail, files, writeRefusal }: ToolWorkspace): Tool {
  return createTool(definition, schema, false, ({ file_path, content }) => {
    const path = jail.resolve(file_path);
    if (!path.ok) return path;
    return {
      ok: true,
      summary: path.given,
      request: { tool: 'Write', effect: 'edit', paths: [path.relative, path.given] },
      execute() {
        const now = jail.resolve(file_path);
        if (!now.ok) return failed(now.problem);
        if (Buffer.byteLength(content) > longestFileBytes)
          return failed(`More than ${longestFileBytes} bytes can't be written.`);
        const problem =
          writeRefusal(now.relative) ??
          files.unseen(now.absolute, now.given) ??
          files.write(now.absolute, now.given, content);
        return problem === undefined ? succeeded(`Wrote ${now.given}.`) : failed(problem);
      },
    };
  });
}
