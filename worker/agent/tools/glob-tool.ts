import { z } from 'zod';
import { ripgrep } from './ripgrep.ts';
import { createTool, failed, succeeded, type Tool, toolDefinition } from './tool.ts';
import type { ToolWorkspace } from './tool-workspace.ts';

const longestList = 500;

const schema = z.strictObject({
  pattern: z.string().min(1).max(1_000).describe('A glob, for instance `src/**/*.ts` or `*.md`'),
  path: z.string().min(1).optional().describe('The folder to look in, relative to the workspace'),
});

const definition = toolDefinition(
  'Glob',
  `Lists files of the workspace whose path matches a glob, sorted, at most ${longestList}. A glob without a slash ` +
    'matches at any depth. Files that git ignores are left out.',
  schema,
);

export function createGlobTool(workspace: ToolWorkspace): Tool {
  const { jail } = workspace;
  return createTool(definition, schema, true, ({ pattern, path = '.' }) => {
    const folder = jail.resolve(path);
    if (!folder.ok) return folder;
    const inRoot = pattern.startsWith(`${jail.root}/`) ? pattern.slice(jail.root.length + 1) : pattern;
    if (/^[!/]|(?:^|\/)\.\.(?:\/|$)/.test(inRoot)) {
      return { ok: false, problem: 'The pattern must be relative to the workspace, without `..` and `!`.' };
    }
    return {
      ok: true,
      summary: path === '.' ? pattern : `${pattern} in ${folder.given}`,
      request: { tool: 'Glob', effect: 'read', paths: [folder.relative, folder.given] },
      async execute(signal) {
        const now = jail.resolve(path);
        if (!now.ok) return failed(now.problem);
        const below = now.relative === '.' || pattern !== inRoot ? '' : `/${now.relative}`;
        const glob = inRoot.includes('/') ? `${below}/${inRoot.replace(/^\.\//, '')}` : inRoot;
        const found = await ripgrep(
          workspace,
          { options: ['--files', '--null', '--glob', glob], folder: now.relative },
          signal,
        );
        if (!found.ok) return failed(found.problem);
        const paths = found.text
          .split('\0')
          .filter((name) => name !== '')
          .map((name) => name.replace(/^\.\//, ''));
        if (paths.length === 0) return succeeded('No file matches.');
        const rest = paths.length - longestList;
        const hint = rest > 0 ? `\n(${rest} more. Use a narrower pattern.)` : '';
        return succeeded(paths.slice(0, longestList).join('\n') + hint);
      },
    };
  });
}
