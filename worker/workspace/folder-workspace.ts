import { realpathSync } from 'node:fs';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';

/** `workspace: none`: the folder itself. Nothing is recorded, nothing is undone. */
export function openFolderWorkspace(folder: string): Workspace {
  const root = realpathSync.native(folder);
  return {
    root,
    files: diskFiles(root),
    forChecks: async () => root,
    restore: async () => {},
    snapshot: async () => ({ changedFiles: [] }),
    [Symbol.asyncDispose]: async () => {},
  };
}
