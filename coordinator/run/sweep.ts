import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listRuns, type Repository, runFolder, type StateFolder } from '../../ipc/index.ts';
import { coordinatorOf } from './coordinator-lock.ts';
import { endRunProcesses } from './run-processes.ts';

/**
 * End what a run that is over may have left: processes and workspaces of threads that died or were ended by force.
 * Workspaces bear the run's id in front of their name. Returns how many of both there were.
 */
export async function sweepRun(run: string, state: StateFolder, repository: Repository | undefined): Promise<number> {
  let swept = await endRunProcesses(run);
  for (const name of await namesIn(state.workspaces)) {
    if (!name.startsWith(`${run}-`)) continue;
    await removeWorkspace(name, state, repository);
    swept += 1;
  }
  return swept;
}

/** The same for every run whose coordinator is gone, and for what was on its way out when a process died. */
export async function sweepDeadRuns(state: StateFolder, repository: Repository | undefined): Promise<number> {
  const trash = await namesIn(state.trash);
  for (const name of trash) await rm(join(state.trash, name), { recursive: true, force: true });
  const workspaces = await namesIn(state.workspaces);
  if (workspaces.length === 0) return trash.length;
  let swept = trash.length;
  for (const run of await listRuns(state)) {
    if (!workspaces.some((name) => name.startsWith(`${run}-`))) continue;
    if ((await coordinatorOf(runFolder(state, run).lock)) === undefined)
      swept += await sweepRun(run, state, repository);
  }
  return swept;
}

async function removeWorkspace(name: string, state: StateFolder, repository: Repository | undefined): Promise<void> {
  const grave = join(state.trash, randomBytes(8).toString('hex'));
  await mkdir(state.trash, { recursive: true, mode: 0o700 });
  await rename(join(state.workspaces, name), grave);
  // Where git keeps a worktree follows from its name; what the workspace's own `.git` says is not to be trusted.
  if (repository !== undefined) {
    await rm(join(repository.commonFolder, 'worktrees', name), { recursive: true, force: true });
  }
  await rm(grave, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
