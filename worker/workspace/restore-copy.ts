import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applyFolderChanges,
  type CopiedFiles,
  copyChanges,
  type FolderChange,
  readFileState,
  readFolderChanges,
  sameFileState,
  writeFolderChanges,
} from '../../ipc/index.ts';

export interface CopyToRestore {
  copy: string;
  /** The folder that was copied. */
  folder: string;
  /** Of the attempt: holds the changes that are to stay. */
  attempt: string;
  /** What the copy held at first. */
  copied: CopiedFiles;
}

/**
 * Make a copy hold what its snapshot recorded, whatever was done to it since. What was a file of the folder and is no
 * more as it was there stays as it is.
 */
export async function restoreCopy(
  { copy, folder, attempt, copied }: CopyToRestore,
  signal: AbortSignal,
): Promise<void> {
  const recorded = new Map((await readFolderChanges(attempt)).map((change) => [change.path, change]));
  const now = new Map((await copyChanges(copy, copied, signal)).map((change) => [change.path, change]));
  const kept: FolderChange[] = [];
  const original: FolderChange[] = [];
  for (const path of new Set([...recorded.keys(), ...now.keys()])) {
    const wanted = recorded.get(path);
    const before = (now.get(path) ?? { after: wanted?.before ?? null }).after;
    const after = wanted === undefined ? (now.get(path)?.before ?? null) : wanted.after;
    if (sameFileState(before, after)) continue;
    if (wanted !== undefined) kept.push({ path, before, after });
    else if (sameFileState(after, after === null ? null : await readFileState(join(folder, path)))) {
      original.push({ path, before, after });
    }
  }
  const scratch = join(attempt, 'restore');
  try {
    for (const [from, changes] of [[join(attempt, 'changes', 'files'), kept] as const, [folder, original] as const]) {
      if (changes.length === 0) continue;
      await writeFolderChanges(scratch, from, changes);
      await applyFolderChanges(scratch, copy);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
