/**
 * Who a workspace belongs to, kept beside it as `<name>.json`: written by the worker that made it, read by whoever
 * finds it later. Promise: whole or not there; what does not fit is as if it were not there; and no path in a record is
 * followed as it stands, since a subtask could have written it.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { attemptFolder, candidateFolder, runFolder, type StateFolder } from '../run-folder/run-folder.ts';
import { writeWhole } from '../run-folder/write-whole.ts';

export interface WorkspaceRecord {
  /** Of its folder below the state's `workspaces`. */
  name: string;
  run: string;
  worker: string;
  /** processIdentity() of the process that made it. */
  owner: string;
  kind: 'worktree' | 'copy';
  /** The commit checked out; known while `attempt` is. */
  base?: string;
  /** Absolute folder of the agent's attempt it works for now. */
  attempt?: string;
}

const namePattern = /^[a-z0-9-]+$/;
const recordSchema = z.strictObject({
  name: z.string().regex(namePattern),
  run: z.string().regex(namePattern),
  worker: z.string().regex(namePattern),
  owner: z.string(),
  kind: z.enum(['worktree', 'copy']),
  base: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .exactOptional(),
  attempt: z.string().exactOptional(),
});

export async function writeWorkspaceRecord(state: StateFolder, record: WorkspaceRecord): Promise<void> {
  await mkdir(state.workspaces, { recursive: true, mode: 0o700 });
  await writeWhole(recordPath(state, record.name), JSON.stringify(record));
}

/** Every record that can be read, in the order of their names. */
export async function readWorkspaceRecords(state: StateFolder): Promise<WorkspaceRecord[]> {
  const files = await filesIn(state);
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  const found = await Promise.all(names.filter((name) => namePattern.test(name)).map((name) => read(state, name)));
  return found.filter((record) => record !== undefined).sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Remove the record, and what else is kept beside the workspace: files whose names begin with `<name>.`. */
export async function forgetWorkspaceRecord(state: StateFolder, name: string): Promise<void> {
  if (!namePattern.test(name)) return;
  const files = (await filesIn(state)).filter((file) => file.startsWith(`${name}.`));
  await Promise.all(files.map((file) => rm(join(state.workspaces, file), { force: true })));
}

/** The attempt's (or candidate's) folder as this state has it: only subtask and numbers are taken from the record. */
export function attemptOfRecord(state: StateFolder, { run, attempt }: WorkspaceRecord): string | undefined {
  const [, subtask, number, candidate] =
    /\/subtasks\/([a-z0-9-]+)\/([1-9]\d*)(?:\/candidate-([1-8]))?$/.exec(attempt ?? '') ?? [];
  if (subtask === undefined || number === undefined) return undefined;
  const folder = attemptFolder(runFolder(state, run).root, subtask, Number(number));
  return candidate === undefined ? folder : candidateFolder(folder, Number(candidate));
}

/** Where the list of what a copy held at first is kept. */
export function copiedFilesPath(state: StateFolder, name: string): string {
  return join(state.workspaces, `${name}.files.json`);
}

async function read(state: StateFolder, name: string): Promise<WorkspaceRecord | undefined> {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(await readFile(recordPath(state, name), 'utf8')));
    return parsed.success && parsed.data.name === name ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

async function filesIn({ workspaces }: StateFolder): Promise<string[]> {
  const entries = await readdir(workspaces, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function recordPath(state: StateFolder, name: string): string {
  return join(state.workspaces, `${name}.json`);
}
