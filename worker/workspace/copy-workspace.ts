import { randomBytes } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  applyFolderChanges,
  type CopiedFile,
  copyChanges,
  discardFolder,
  forgetWorkspaceRecord,
  lookAtCopied,
  processIdentity,
  type StateFolder,
  writeCopiedFiles,
  writeFolderChanges,
  writeWorkspaceRecord,
} from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { copyFolder } from './copy-folder.ts';
import { diskFiles } from './disk-files.ts';
import { restoreCopy } from './restore-copy.ts';
import type { Workspace } from './workspace.ts';

export interface CopyWorkspaceOptions {
  /** The folder to copy. */
  folder: string;
  state: StateFolder;
  run: string;
  worker: string;
  /** The attempt's folder, where changes are recorded. */
  attempt: string;
  /** Present for an agent; its copy is kept should this process die. */
  agent?: {
    /** A folder with the changes that the agent goes on with. */
    changes?: string | undefined;
  };
  signal: AbortSignal;
}

const longestTickMs = 10;
/** For looking at what the attempt left, be it on a disk that hangs. */
const snapshotLimitMs = 120_000;

/**
 * `workspace: copy`: a copy of the folder, for work outside git. Changed files are recorded in the attempt's folder,
 * together with what the copy held at first, and applied to the original by the coordinator when the outcome is
 * accepted.
 */
export async function openCopyWorkspace({
  folder,
  state,
  run,
  worker,
  attempt,
  agent,
  signal,
}: CopyWorkspaceOptions): Promise<Workspace> {
  const name = `${run}-copy-${randomBytes(6).toString('hex')}`;
  const copy = join(state.workspaces, name);
  const record = { name, run, worker, owner: processIdentity(), kind: 'copy' as const };
  const copied = new Map<string, CopiedFile>();
  const discard = async (): Promise<void> => {
    await discardFolder(copy, state.trash);
    await forgetWorkspaceRecord(state, name);
  };
  try {
    await writeWorkspaceRecord(state, record);
    await mkdir(copy, { mode: 0o700 });
    await copyFolder(folder, copy, async (path) => void copied.set(path, await lookAtCopied(join(copy, path))), signal);
    // A write in the clock tick of the copy would leave the same times.
    await sleep(longestTickMs, undefined, { signal });
    if (agent?.changes !== undefined) await bringBack(agent.changes, copy);
    if (agent !== undefined) {
      await writeCopiedFiles(state, name, copied);
      await writeWorkspaceRecord(state, { ...record, attempt });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  const root = await realpath(copy);
  return {
    root,
    files: diskFiles(root),
    forChecks: async () => root,
    restore: (_, stop) => restoreCopy({ copy, folder, attempt, copied }, stop),
    async snapshot() {
      // Not the attempt's own signal: the files of an interrupted agent are asked for after that was aborted.
      const limit = AbortSignal.timeout(snapshotLimitMs);
      const changes = await copyChanges(copy, copied, limit).catch((error: unknown) => {
        throw limit.aborted ? tooSlow() : error;
      });
      await writeFolderChanges(attempt, copy, changes);
      return { changedFiles: changes.map(({ path }) => path) };
    },
    [Symbol.asyncDispose]: discard,
  };
}

function tooSlow(): FanfoldError {
  return new FanfoldError({
    code: 'workspace-failed',
    message: `What changed in a copy could not be told within ${snapshotLimitMs / 1000} s.`,
    next: 'Look after the disk, or let the subtask work on a smaller folder.',
    failure: 'transient',
  });
}

async function bringBack(changes: string, copy: string): Promise<void> {
  const { conflictedFiles } = await applyFolderChanges(changes, copy);
  if (conflictedFiles.length === 0) return;
  throw new FanfoldError({
    code: 'workspace-failed',
    message:
      conflictedFiles.length === 1
        ? `${conflictedFiles[0]} has changed in the folder since.`
        : `${conflictedFiles.length} files have changed in the folder since, among them ${conflictedFiles[0]}.`,
    next: 'Nothing is to be done: the attempt begins afresh.',
    data: { files: conflictedFiles.slice(0, 100) },
  });
}
