/**
 * What an attempt in a copy of a folder changed, kept in the attempt's folder until the coordinator applies it:
 * `changes/manifest.json` and the new contents below `changes/files/`. Written by workers, read by the merge queue.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';

const folderChangeSchema = z.strictObject({
  path: z.string().refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'leaves the folder'),
  /** SHA-256 of the content before, null where there was no file. */
  before: z.string().nullable(),
  /** SHA-256 of the content after, null where the file was removed. */
  after: z.string().nullable(),
  mode: z.int(),
});
export type FolderChange = z.infer<typeof folderChangeSchema>;

export function contentHash(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The hash of a file's content, or null where there is none. */
export async function fileHash(path: string): Promise<string | null> {
  return (await readFileOrNull(path, contentHash)) ?? null;
}

export async function writeFolderChanges(
  attempt: string,
  changes: readonly (FolderChange & { content: Buffer | undefined })[],
): Promise<void> {
  const folder = join(attempt, 'changes');
  for (const { path, content } of changes) {
    if (content === undefined) continue;
    const target = join(folder, 'files', path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, content, { mode: 0o600 });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const manifest = changes.map(({ path, before, after, mode }) => ({ path, before, after, mode }));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest), { mode: 0o600 });
}

/**
 * Apply recorded changes to the folder itself, file by file and each atomically, unless a file has changed since the
 * copy was made: then nothing is applied and the paths in conflict are returned.
 */
export async function applyFolderChanges(attempt: string, folder: string): Promise<{ conflictedFiles: string[] }> {
  const changes = z
    .array(folderChangeSchema)
    .parse(JSON.parse(await readFile(join(attempt, 'changes', 'manifest.json'), 'utf8')));
  const conflictedFiles: string[] = [];
  for (const { path, before, after } of changes) {
    const now = await fileHash(join(folder, path));
    const inside = await leadsInside(folder, path);
    if (!inside || (now !== before && now !== after)) conflictedFiles.push(path);
  }
  if (conflictedFiles.length > 0) return { conflictedFiles };
  for (const { path, after, mode } of changes) {
    const target = join(folder, path);
    if (after === null) {
      await rm(target, { force: true });
      continue;
    }
    const content = await readFile(join(attempt, 'changes', 'files', path));
    const temporary = `${target}.fanfold-${process.pid}`;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(temporary, content, { mode });
    await rename(temporary, target);
  }
  return { conflictedFiles };
}

/** False when a symbolic link on the way would carry the write out of the folder. */
async function leadsInside(folder: string, path: string): Promise<boolean> {
  const root = await realpath(folder);
  for (let parent = dirname(join(root, path)); parent.length >= root.length; parent = dirname(parent)) {
    const real = await realpath(parent).catch(() => undefined);
    if (real !== undefined) return real === root || real.startsWith(root + sep);
  }
  return false;
}

async function readFileOrNull<Result>(path: string, then: (content: Buffer) => Result): Promise<Result | null> {
  try {
    return then(await readFile(path));
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
