import { realpath } from 'node:fs/promises';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';

/** `workspace: none`: the folder itself. Nothing is recorded, nothing is undone. */
export async function openFolderWorkspace(folder: string): Promise<Workspace> {
  const root = await realpath(folder);
  return {
    root,
    files: diskFiles(root),
    forChecks: async () => root,
    snapshot: async () => ({ changedFiles: [] }),
    [Symbol.asyncDispose]: async () => {},
  };
}
