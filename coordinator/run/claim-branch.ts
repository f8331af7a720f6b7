/**
 * One run at work per branch. Called by open-run.ts before a branch is judged. Promise: of all runs of this state folder
 * that are at work at most one has the claim on a branch, whether the branch exists or not; a dead one's claim stands in
 * nobody's way.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFolder, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { type CoordinatorLock, coordinatorOf, takeCoordinatorLock } from './coordinator-lock.ts';

/** FanfoldError `into-conflict` while another run that is at work has the branch. */
export async function claimBranch(state: StateFolder, branch: string, run: string): Promise<CoordinatorLock> {
  const { folder, lock, holder } = claimPaths(state, branch);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const claim = await takeCoordinatorLock(lock).catch(async (error: unknown) => {
    if (!(error instanceof FanfoldError) || error.code !== 'run-locked') throw error;
    throw (await readHolder(state, holder)) === run ? error : await busyError(state, branch);
  });
  try {
    await writeFile(holder, run, { mode: 0o600 });
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  }
  return claim;
}

/** The same without claiming it, and without writing anything. */
export async function refuseBusyBranch(state: StateFolder, branch: string): Promise<void> {
  if ((await coordinatorOf(claimPaths(state, branch).lock)) !== undefined) throw await busyError(state, branch);
}

/** A branch may be named in ways that a folder can't. */
function claimPaths({ branches }: StateFolder, branch: string): { folder: string; lock: string; holder: string } {
  const folder = join(branches, createHash('sha256').update(branch).digest('hex').slice(0, 32));
  return { folder, lock: join(folder, 'coordinator'), holder: join(folder, 'run') };
}

/** The run that wrote its name there last. */
async function readHolder(state: StateFolder, path: string): Promise<string | undefined> {
  const run = await readFile(path, 'utf8').catch(() => '');
  if (!/^[a-z0-9-]{1,64}$/.test(run)) return undefined;
  return (await coordinatorOf(runFolder(state, run).lock)) === undefined ? undefined : run;
}

async function busyError(state: StateFolder, branch: string): Promise<FanfoldError> {
  const run = await readHolder(state, claimPaths(state, branch).holder);
  const named = run ?? '<run>';
  return new FanfoldError({
    code: 'into-conflict',
    message: `${run === undefined ? 'Another run' : `The run ${run}`} is at work on the branch ${branch}.`,
    next:
      `Wait until it has ended (\`fanfold logs ${named} --follow\`), choose another branch with --into, ` +
      `or end it with \`fanfold cancel ${named}\`.`,
  });
}
