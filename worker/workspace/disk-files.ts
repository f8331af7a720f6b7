import { constants } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isGitPath, isStatePath } from '../../tasks/index.ts';
import type { WorkspaceFiles } from './workspace.ts';

/** The regular files below a folder; symbolic links are not followed, dependencies are not listed. */
export function diskFiles(root: string): WorkspaceFiles {
  return {
    list: async () => (await walk(root, root)).sort(),
    read: (paths, signal) => Promise.all(paths.map((path) => readFile(join(root, path), { signal }))),
    async write(changes) {
      for (const { path, content } of changes) {
        // A link that has taken the file's place must not carry the write elsewhere.
        await writeFile(join(root, path), content, {
          flag: constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW,
        });
      }
    },
  };
}

async function walk(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || isGitPath(entry.name) || isStatePath(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await walk(root, path)));
    else if (entry.isFile()) found.push(relative(root, path).split(sep).join('/'));
  }
  return found;
}
