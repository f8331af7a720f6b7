import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Get a workspace out of the way and delete it. Never throws: what can't be deleted now stays in the trash for the next
 * run, and what is gone already was taken by somebody else. Folders that an attempt left read-only are made writable.
 * True when nothing of it is left.
 */
export async function discardFolder(path: string, trash: string): Promise<boolean> {
  const grave = join(trash, randomBytes(8).toString('hex'));
  try {
    await mkdir(trash, { recursive: true, mode: 0o700 });
    await rename(path, grave);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' || deleteFolder(path);
  }
  return deleteFolder(grave);
}

/** Delete what earlier runs left in the trash, as far as it goes. Returns how many there were. Never throws. */
export async function emptyTrash(trash: string): Promise<number> {
  const names = await readdir(trash).catch(() => []);
  for (const name of names) await deleteFolder(join(trash, name));
  return names.length;
}

/** True when nothing is left. */
async function deleteFolder(path: string): Promise<boolean> {
  try {
    await rm(path, { recursive: true, force: true });
    return true;
  } catch {
    await makeWritable(path).catch(() => {});
    return rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
  }
}

/** Folders only, links not followed: deleting a file needs rights on its folder. */
async function makeWritable(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isDirectory()) return;
  await chmod(path, found.mode | 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
}
