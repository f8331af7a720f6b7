/**
 * What an attempt changed in a copy of a folder. Called by the worker's copy workspace, and by salvage.ts for a copy
 * whose worker is gone: for that, what the copy held at first is kept beside it.
 */
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type FileState, fileStateSchema, readFileState, sameFileState } from '../run-folder/file-state.ts';
import type { FolderChange } from '../run-folder/folder-changes.ts';
import type { StateFolder } from '../run-folder/run-folder.ts';
import { writeWhole } from '../run-folder/write-whole.ts';
import { listFolder } from './list-folder.ts';
import { copiedFilesPath } from './workspace-record.ts';

/** A file or link as it was copied, and the marks by which it is known to be untouched since. */
export interface CopiedFile {
  state: FileState | null;
  marks?: string;
}

/** By path, relative to the copy, with `/`. */
export type CopiedFiles = ReadonlyMap<string, CopiedFile>;

const copiedFilesSchema = z.array(
  z.tuple([z.string(), z.strictObject({ state: fileStateSchema.nullable(), marks: z.string().exactOptional() })]),
);

export async function lookAtCopied(path: string): Promise<CopiedFile> {
  const state = await readFileState(path);
  const marks = await marksOf(path);
  return { state, ...(marks === undefined ? {} : { marks }) };
}

/** What differs in a copy from what it held at first, by path. */
export async function copyChanges(copy: string, copied: CopiedFiles, signal?: AbortSignal): Promise<FolderChange[]> {
  const there = (await listFolder(copy, signal)).filter(({ kind }) => kind !== 'folder').map(({ path }) => path);
  const changes: FolderChange[] = [];
  for (const path of [...new Set([...copied.keys(), ...there])].sort()) {
    signal?.throwIfAborted();
    const known = copied.get(path);
    if (known?.marks !== undefined && known.marks === (await marksOf(join(copy, path)))) continue;
    const before = known?.state ?? null;
    const after = await readFileState(join(copy, path));
    if (!sameFileState(before, after)) changes.push({ path, before, after });
  }
  return changes;
}

export async function writeCopiedFiles(state: StateFolder, name: string, copied: CopiedFiles): Promise<void> {
  await writeWhole(copiedFilesPath(state, name), JSON.stringify([...copied]));
}

/** Throws where there is none or what is there is none. */
export async function readCopiedFiles(state: StateFolder, name: string): Promise<CopiedFiles> {
  return new Map(copiedFilesSchema.parse(JSON.parse(await readFile(copiedFilesPath(state, name), 'utf8'))));
}

/** Undefined where nothing can be told from them: a file system with whole seconds. */
async function marksOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || found.ctimeNs % 1_000_000_000n === 0n) return undefined;
  return `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.mode}`;
}
