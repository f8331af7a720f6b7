import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateFolder } from '../../ipc/index.ts';

/**
 * Delete kept results that no run has made or reused for so many milliseconds, and what a killed process left half
 * written. Returns how many files and bytes went, with `dryRun` how many would. Safe beside runs at work: what is deleted is made anew.
 */
export async function pruneResults(
  { results }: StateFolder,
  olderThanMs: number,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<{ removed: number; bytes: number }> {
  const limit = Date.now() - olderThanMs;
  let removed = 0;
  let bytes = 0;
  for (const group of await namesIn(results)) {
    const folder = join(results, group);
    // A link would lead to files that are none of ours.
    if (!(await lstat(folder)).isDirectory()) continue;
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined || !found.isFile() || found.mtimeMs > limit) continue;
      if (!dryRun) await rm(path, { force: true });
      removed += 1;
      bytes += found.size;
    }
    // Fails where something is left in it.
    if (!dryRun) await rmdir(folder).catch(() => {});
  }
  return { removed, bytes };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
