/**
 * Keeps what an agent's workspace holds when its worker is gone, so that the agent can go on with its files. Called
 * before a workspace of a dead worker is removed, and by the worker to which the attempt is delivered again.
 */
import { access, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Repository } from '../git/repository.ts';
import { writeFolderChanges } from '../run-folder/folder-changes.ts';
import type { StateFolder } from '../run-folder/run-folder.ts';
import { writeWhole } from '../run-folder/write-whole.ts';
import { copyChanges, readCopiedFiles } from './copy-changes.ts';
import { snapshotWorktree } from './snapshot-worktree.ts';
import { attemptOfRecord, type WorkspaceRecord } from './workspace-record.ts';

const commitSchema = z.string().regex(/^[0-9a-f]{40,64}$/);
const salvageSchema = z.strictObject({
  base: commitSchema.exactOptional(),
  commit: commitSchema.exactOptional(),
  changes: z.enum(['salvaged', 'recorded']).exactOptional(),
});

/** The files of an attempt as they were last, in `<attempt>/salvage.json`. */
export interface Salvage {
  /** The commit that the worktree was a checkout of. */
  base?: string;
  /** On `base`; absent where nothing was changed. Files that git ignores are not in it. */
  commit?: string;
  /** Of a copy: kept by salvageWorkspace, or recorded in the attempt's folder for its outcome. */
  changes?: 'salvaged' | 'recorded';
}

/**
 * Keep what a dead attempt's workspace holds, before it goes: a worktree as a commit on its base, a copy as folder
 * changes. Idempotent, and never throws: what can't be kept is not, and its agent will begin afresh. Does nothing for
 * work that is no agent's (without a transcript.jsonl in the attempt's folder).
 */
export async function salvageWorkspace(
  state: StateFolder,
  repository: Repository | undefined,
  record: WorkspaceRecord,
): Promise<void> {
  try {
    const attempt = attemptOfRecord(state, record);
    if (attempt === undefined) return;
    await access(join(attempt, 'transcript.jsonl'));
    const root = join(await realpath(state.workspaces), record.name);
    // Gone, or a link that would lead elsewhere.
    if ((await realpath(root)) !== root) return;
    if (record.kind === 'copy') await salvageCopy(state, record, root, attempt);
    else if (repository !== undefined) await salvageWorktree(repository, record, root, attempt);
  } catch {
    // Said above.
  }
}

export async function writeSalvage(attempt: string, salvage: Salvage): Promise<void> {
  await writeWhole(salvagePath(attempt), JSON.stringify(salvage));
}

/** Undefined where nothing was kept. */
export async function readSalvage(attempt: string): Promise<Salvage | undefined> {
  try {
    return salvageSchema.parse(JSON.parse(await readFile(salvagePath(attempt), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Once the agent works on, what was kept is out of date. */
export async function forgetSalvage(attempt: string): Promise<void> {
  await rm(salvagePath(attempt), { force: true });
  await rm(salvagedChanges(attempt), { recursive: true, force: true });
}

/** Where applyFolderChanges finds salvaged changes: apart from those of an outcome, which wait to be accepted. */
export function salvagedChanges(attempt: string): string {
  return join(attempt, 'salvage');
}

async function salvageWorktree(
  repository: Repository,
  { name, run, base }: WorkspaceRecord,
  root: string,
  attempt: string,
): Promise<void> {
  if (base === undefined) return;
  const worktree = { root, gitFolder: join(repository.commonFolder, 'worktrees', name) };
  const message = `Unfinished work of ${name}\n\nFanfold-Run: ${run}\n`;
  const { commit } = await snapshotWorktree(repository, worktree, { base, message });
  await writeSalvage(attempt, { base, ...(commit === undefined ? {} : { commit }) });
}

async function salvageCopy(state: StateFolder, { name }: WorkspaceRecord, root: string, attempt: string) {
  const changes = await copyChanges(root, await readCopiedFiles(state, name));
  await writeFolderChanges(salvagedChanges(attempt), root, changes);
  await writeSalvage(attempt, { changes: 'salvaged' });
}

function salvagePath(attempt: string): string {
  return join(attempt, 'salvage.json');
}
