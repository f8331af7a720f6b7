import { randomBytes } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  discardFolder,
  type FileState,
  type FolderChange,
  readFileState,
  type StateFolder,
  sameFileState,
  writeFolderChanges,
} from '../../ipc/index.ts';
import { copyFolder, listFolder } from './copy-folder.ts';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';

export interface CopyWorkspaceOptions {
  /** The folder to copy. */
  folder: string;
  state: StateFolder;
  /** What the copy's name begins with: the run's id. */
  prefix: string;
  /** The attempt's folder, where changes are recorded. */
  attempt: string;
  signal: AbortSignal;
}

const longestTickMs = 10;

/** A file or link as it was copied, and the marks by which it is known to be untouched since. */
interface Copied {
  state: FileState | null;
  marks: string | undefined;
}

/**
 * `workspace: copy`: a copy of the folder, for work outside git. Changed files are recorded in the attempt's folder,
 * together with what the copy held at first, and applied to the original by the coordinator when the outcome is
 * accepted.
 */
export async function openCopyWorkspace({
  folder,
  state,
  prefix,
  attempt,
  signal,
}: CopyWorkspaceOptions): Promise<Workspace> {
  const copy = join(state.workspaces, `${prefix}-copy-${randomBytes(6).toString('hex')}`);
  await mkdir(state.workspaces, { recursive: true, mode: 0o700 });
  await mkdir(copy, { mode: 0o700 });
  const copied = new Map<string, Copied>();
  try {
    await copyFolder(folder, copy, async (path) => void copied.set(path, await lookAt(join(copy, path))), signal);
    // A write in the clock tick of the copy would leave the same times.
    await sleep(longestTickMs, undefined, { signal });
  } catch (error) {
    await discardFolder(copy, state.trash);
    throw error;
  }
  const root = await realpath(copy);
  return {
    root,
    files: diskFiles(root),
    forChecks: async () => root,
    async snapshot() {
      const changes = await changesOf(copy, copied, signal);
      await writeFolderChanges(attempt, copy, changes);
      return { changedFiles: changes.map(({ path }) => path) };
    },
    [Symbol.asyncDispose]: () => discardFolder(copy, state.trash),
  };
}

async function changesOf(
  copy: string,
  copied: ReadonlyMap<string, Copied>,
  signal: AbortSignal,
): Promise<FolderChange[]> {
  const there = (await listFolder(copy, signal)).filter(({ kind }) => kind !== 'folder').map(({ path }) => path);
  const changes: FolderChange[] = [];
  for (const path of [...new Set([...copied.keys(), ...there])].sort()) {
    const known = copied.get(path);
    if (known?.marks !== undefined && known.marks === (await marksOf(join(copy, path)))) continue;
    const before = known?.state ?? null;
    const after = await readFileState(join(copy, path));
    if (!sameFileState(before, after)) changes.push({ path, before, after });
  }
  return changes;
}

async function lookAt(path: string): Promise<Copied> {
  const state = await readFileState(path);
  return { state, marks: await marksOf(path) };
}

/** Undefined where nothing can be told from them: a file system with whole seconds. */
async function marksOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || found.ctimeNs % 1_000_000_000n === 0n) return undefined;
  return `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.mode}`;
}
