/**
 * What an attempt in a copy of a folder changed, kept in the attempt's folder until the coordinator applies it:
 * `changes/manifest.json` and the new contents below `changes/files/`. Written by workers, read by the coordinator.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isStatePath } from '../../tasks/index.ts';
import { type FileState, fileStateSchema } from './file-state.ts';

const folderChangeSchema = z.strictObject({
  path: z
    .string()
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'leaves the folder')
    .refine((path) => !isStatePath(path), 'belongs to Fanfold'),
  /** What the copy held when it was made; null where there was nothing. */
  before: fileStateSchema.nullable(),
  /** What it holds now; null where the file was removed. */
  after: fileStateSchema.nullable(),
});
const manifestSchema = z.array(folderChangeSchema);

export interface FolderChange {
  path: string;
  before: FileState | null;
  after: FileState | null;
}

/** Record changes; the new contents are taken from `copy`. */
export async function writeFolderChanges(
  attempt: string,
  copy: string,
  changes: readonly FolderChange[],
): Promise<void> {
  await mkdir(join(attempt, 'changes'), { recursive: true, mode: 0o700 });
  for (const { path, after } of changes) {
    if (after?.kind !== 'file') continue;
    const target = changedFile(attempt, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(join(copy, path), target);
  }
  await writeFile(manifestOf(attempt), JSON.stringify(changes), { mode: 0o600 });
}

export async function readFolderChanges(attempt: string): Promise<FolderChange[]> {
  return manifestSchema.parse(JSON.parse(await readFile(manifestOf(attempt), 'utf8')));
}

/** Where the new content of a changed file is kept. */
export function changedFile(attempt: string, path: string): string {
  return join(attempt, 'changes', 'files', path);
}

function manifestOf(attempt: string): string {
  return join(attempt, 'changes', 'manifest.json');
}
