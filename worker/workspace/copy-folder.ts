import { constants } from 'node:fs';
import { copyFile, mkdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { listFolder } from '../../ipc/index.ts';

/** Files under way at once; more does not make it faster. */
const filesAtOnce = 16;

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
