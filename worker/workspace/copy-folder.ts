import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import PQueue from 'p-queue';

/** State of the target and of git; no part of the work. */
const leftOut = new Set(['.git', '.fanfold']);
/** Files under way at once; more does not make it faster. */
const filesAtOnce = 16;

export interface FolderEntry {
  /** Relative, with `/`. */
  path: string;
  kind: 'folder' | 'file' | 'link';
}

/** Folders (before what is in them), regular files and symbolic links below a folder; pipes and sockets are left out. */
export async function listFolder(root: string, signal: AbortSignal): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  const walk = async (folder: string): Promise<void> => {
    signal.throwIfAborted();
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (folder === root && leftOut.has(entry.name)) continue;
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

/** Copy a folder into an empty one, links as links. `onCopied` is awaited for every file and link once it is there. */
export async function copyFolder(
  from: string,
  to: string,
  onCopied: (path: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const entries = await listFolder(from, signal);
  for (const { path, kind } of entries) if (kind === 'folder') await mkdir(join(to, path));
  const files = entries.filter(({ kind }) => kind !== 'folder');
  const queue = new PQueue({ concurrency: filesAtOnce });
  await queue.addAll(
    files.map(({ path, kind }) => async () => {
      signal.throwIfAborted();
      if (kind === 'link') await symlink(await readlink(join(from, path)), join(to, path));
      else await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
      await onCopied(path);
    }),
  );
}
