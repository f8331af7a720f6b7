import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { discardFolder, emptyTrash, listRuns, type Repository, runFolder, type StateFolder } from '../../ipc/index.ts';
import { coordinatorOf, forgetCoordinator, hasCrashed } from './coordinator-lock.ts';
import { endRunProcesses } from './run-processes.ts';

/** `<run>-worker-1-1f2e3d4c` or `<run>-copy-0123456789ab`: who made a workspace is told by its whole name. */
const workspaceName = /^(.+)-(?:worker-\d+(?:-\d+)?|copy)-[0-9a-f]+$/;

/**
 * End what a run that is over may have left: processes and workspaces of threads that died or were ended by force.
 * Returns how many of both there were.
 */
export async function sweepRun(run: string, state: StateFolder, repository: Repository | undefined): Promise<number> {
  let swept = await endRunProcesses(run);
  for (const name of await namesIn(state.workspaces)) {
    if (workspaceName.exec(name)?.[1] !== run) continue;
    await removeWorkspace(name, state, repository);
    swept += 1;
  }
  return swept;
}

/** The same for every run whose coordinator has died, and for what was on its way out then. */
export async function sweepDeadRuns(state: StateFolder, repository: Repository | undefined): Promise<void> {
  await emptyTrash(state.trash);
  for (const run of await listRuns(state)) {
    const { lock } = runFolder(state, run);
    if (!(await hasCrashed(lock))) continue;
    await sweepRun(run, state, repository);
    await forgetCoordinator(lock);
  }
  for (const name of await namesIn(state.workspaces)) {
    const run = workspaceName.exec(name)?.[1];
    if (run === undefined || (await coordinatorOf(runFolder(state, run).lock)) !== undefined) continue;
    await removeWorkspace(name, state, repository);
  }
}

async function removeWorkspace(name: string, state: StateFolder, repository: Repository | undefined): Promise<void> {
  // Where git keeps a worktree follows from its name; what the workspace's own `.git` says is not to be trusted.
  if (repository !== undefined) {
    await rm(join(repository.commonFolder, 'worktrees', name), { recursive: true, force: true });
  }
  await discardFolder(join(state.workspaces, name), state.trash);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
