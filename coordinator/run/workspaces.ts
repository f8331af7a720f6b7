import { lstat, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  discardFolder,
  forgetWorkspaceRecord,
  isProcessElsewhere,
  isProcessGone,
  outsideProcess,
  processIdentity,
  type Repository,
  readWorkspaceRecords,
  type StateFolder,
  salvageWorkspace,
  type WorkspaceRecord,
} from '../../ipc/index.ts';

/** A worktree or copy of an attempt, or what is left of one: its folder, its record, or git's folder for it. */
export interface FoundWorkspace {
  name: string;
  run: string;
  /** Absent where its worker died before it was written, and for workspaces of earlier versions. */
  record: WorkspaceRecord | undefined;
  /** Absolute path of the folder, which may be gone. */
  path: string;
  /** Where git keeps what it knows of a worktree; undefined outside git. */
  gitFolder: string | undefined;
}

/** `<run>-worker-1-1f2e3d4c` or `<run>-copy-0123456789ab`: without a record the whole name tells whose it is. */
const namePattern = /^(.+)-(?:worker-\d+(?:-\d+)?|outside-[0-9a-z]{6}(?:-\d+){1,2}|copy)-[0-9a-f]+$/;

export async function findWorkspaces(
  state: StateFolder,
  repository: Repository | undefined,
): Promise<FoundWorkspace[]> {
  const records = new Map((await readWorkspaceRecords(state)).map((record) => [record.name, record]));
  const names = new Set<string>();
  // Beside a workspace lie files that begin with its name and a dot.
  for (const entry of await namesIn(state.workspaces)) names.add(entry.split('.')[0] ?? '');
  for (const name of await forgottenByUs(state, repository)) names.add(name);
  return [...names].flatMap((name) => {
    const record = records.get(name);
    const run = record?.run ?? runOf(name);
    if (run === undefined) return [];
    const path = join(state.workspaces, name);
    // What the workspace's own `.git` says is not to be trusted.
    const gitFolder = repository === undefined ? undefined : join(repository.commonFolder, 'worktrees', name);
    return [{ name, run, record, path, gitFolder }];
  });
}

/**
 * Who may be at work in it, given that no coordinator but perhaps this process has its run: `living`, a worker process
 * beside the coordinator's own threads; `elsewhere`, one that can't be looked for.
 */
export function occupantOf({ record }: FoundWorkspace): 'nobody' | 'living' | 'elsewhere' {
  if (record === undefined || outsideProcess(record.worker) === undefined) return 'nobody';
  if (record.owner === processIdentity() || isProcessGone(record.owner)) return 'nobody';
  return isProcessElsewhere(record.owner) ? 'elsewhere' : 'living';
}

export function isForsaken(workspace: FoundWorkspace): boolean {
  return occupantOf(workspace) === 'nobody';
}

/** Keep what an agent needs to go on, then remove it all. False when something of it could not be deleted. */
export async function removeWorkspace(
  { name, record, path, gitFolder }: FoundWorkspace,
  state: StateFolder,
  repository: Repository | undefined,
): Promise<boolean> {
  if (record !== undefined) await salvageWorkspace(state, repository, record);
  if (gitFolder !== undefined) await rm(gitFolder, { recursive: true, force: true });
  const removed = await discardFolder(path, state.trash);
  await forgetWorkspaceRecord(state, name);
  return removed;
}

/** Sessions after the first name their workers `session-N-worker-M`; no run's id ends in a session. */
function runOf(name: string): string | undefined {
  return namePattern.exec(name)?.[1]?.replace(/-session-\d+$/, '');
}

/** Worktrees of this state that only git still knows of. Other checkouts of the repository have a state of their own. */
async function forgottenByUs({ workspaces }: StateFolder, repository: Repository | undefined): Promise<string[]> {
  if (repository === undefined) return [];
  const folder = join(repository.commonFolder, 'worktrees');
  const names = (await namesIn(folder)).filter((name) => namePattern.test(name));
  if (names.length === 0) return [];
  const root = await realpath(workspaces).catch(() => workspaces);
  const own = await Promise.all(
    names.map(async (name) => {
      const worktree = join(root, name);
      const leadsTo = await readFile(join(folder, name, 'gitdir'), 'utf8').catch(() => '');
      return leadsTo.trim() === join(worktree, '.git') && (await isGone(worktree));
    }),
  );
  return names.filter((_, index) => own[index]);
}

async function isGone(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
