/**
 * Clears away what dead runs left behind: processes, workspaces, doorbells, files that were never finished. Called when
 * a run starts, when it is taken up again and when it ends, and by housekeeping. Promise: what a living process works
 * with is left alone, and of an agent's workspace is kept what it needs to go on.
 */
import {
  emptyTrash,
  hasListener,
  listRuns,
  type Repository,
  type RunFolder,
  removeForsakenFolders,
  runFolder,
  type StateFolder,
} from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { freeDeadClaims } from './claim-branch.ts';
import { type CoordinatorLock, coordinatorOf, hasCrashed, takeCoordinatorLock } from './coordinator-lock.ts';
import { removeRunLeftovers } from './run-leftovers.ts';
import { endRunProcesses } from './run-processes.ts';
import { type FoundWorkspace, findWorkspaces, isForsaken, occupantOf, removeWorkspace } from './workspaces.ts';

/**
 * End what a run may have left that is over, or that the caller has just taken up: processes and workspaces of threads
 * that died or were ended by force. Returns how many of both there were. The caller holds the run's lock.
 */
export async function sweepRun(run: string, state: StateFolder, repository: Repository | undefined): Promise<number> {
  let swept = await endRunProcesses(run);
  for (const workspace of await findWorkspaces(state, repository)) {
    if (workspace.run !== run || !isForsaken(workspace)) continue;
    await removeWorkspace(workspace, state, repository);
    swept += 1;
  }
  return swept;
}

/** The same for every run whose coordinator has died, and for what was on its way out then. */
export async function sweepDeadRuns(state: StateFolder, repository: Repository | undefined): Promise<void> {
  await emptyTrash(state.trash);
  removeForsakenFolders();
  await freeDeadClaims(state);
  const dead = new Set((await findWorkspaces(state, repository)).filter(isForsaken).map(({ run }) => run));
  for (const run of await listRuns(state)) if (await hasCrashed(runFolder(state, run).lock)) dead.add(run);
  for (const run of dead) {
    if ((await coordinatorOf(runFolder(state, run).lock)) === undefined) await sweepDeadRun(run, state, repository);
  }
}

/** Does nothing to a run that a coordinator takes up meanwhile. */
async function sweepDeadRun(run: string, state: StateFolder, repository: Repository | undefined): Promise<void> {
  const folder = runFolder(state, run);
  const workspacesNow = async () =>
    (await findWorkspaces(state, repository)).filter((workspace) => workspace.run === run);
  if (attendanceOf(folder, await workspacesNow()) !== 'nobody') {
    await endRunProcesses(run);
    return;
  }
  await using held = await holdRun(folder);
  if (held === undefined) return;
  await endRunProcesses(run);
  const workspaces = await workspacesNow();
  if (attendanceOf(folder, workspaces) !== 'nobody') return;
  for (const workspace of workspaces) await removeWorkspace(workspace, state, repository);
  await removeRunLeftovers(folder);
}

/** Which workers go on for a run without a coordinator: any of its work may be theirs by now. */
export function attendanceOf(
  { mailbox }: RunFolder,
  workspaces: readonly FoundWorkspace[],
): ReturnType<typeof occupantOf> {
  const occupants = new Set(workspaces.map(occupantOf));
  if (occupants.has('living') || hasListener(mailbox)) return 'living';
  return occupants.has('elsewhere') ? 'elsewhere' : 'nobody';
}

/** Keep coordinators from a run while it is cleared away. Undefined when one is at work on it. */
export async function holdRun(run: RunFolder): Promise<Pick<CoordinatorLock, typeof Symbol.asyncDispose> | undefined> {
  try {
    return await takeCoordinatorLock(run.lock);
  } catch (error) {
    if (!(error instanceof FanfoldError)) throw error;
    if (error.code === 'run-locked') return undefined;
    // Its folder is gone: no coordinator can come.
    if (error.code === 'run-not-found') return { [Symbol.asyncDispose]: async () => {} };
    throw error;
  }
}
