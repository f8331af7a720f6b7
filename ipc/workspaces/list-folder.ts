import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isGitPath, isStatePath } from '../../tasks/index.ts';

export interface FolderEntry {
  /** Relative, with `/`. */
  path: string;
  kind: 'folder' | 'file' | 'link';
}

/**
 * Folders (before what is in them), regular files and symbolic links below a folder. Pipes and sockets are left out, and
 * so is what is no part of the work: the folder's own `.git`, every `.fanfold`.
 */
export async function listFolder(root: string, signal?: AbortSignal): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  const walk = async (folder: string): Promise<void> => {
    signal?.throwIfAborted();
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (isStatePath(entry.name) || (folder === root && isGitPath(entry.name))) continue;
      const kind = entry.isDirectory()
        ? 'folder'
        : entry.isFile()
          ? 'file'
          : entry.isSymbolicLink()
            ? 'link'
            : undefined;
      if (kind === undefined) continue;
      const place = join(folder, entry.name);
      found.push({ path: relative(root, place).split(sep).join('/'), kind });
      if (kind === 'folder') await walk(place);
    }
  };
  await walk(root);
  return found;
}
