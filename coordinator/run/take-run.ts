import { mkdir } from 'node:fs/promises';
import { type Repository, type RunFolder, readBranch, type StateFolder } from '../../ipc/index.ts';
import type { Plan } from '../../tasks/index.ts';
import { openTarget, type Target } from '../merging/open-target.ts';
import { claimBranch } from './claim-branch.ts';
import { type CoordinatorLock, takeCoordinatorLock } from './coordinator-lock.ts';

export interface TakeRunOptions {
  plan: Plan;
  /** Where its branch is; undefined where nothing works in git. */
  branches: Repository | undefined;
  /** How the branch of a new run was found. */
  judged: Target | undefined;
  isNew: boolean;
}

/**
 * The lock of a run and of the branch it writes, as one that is lost when either is. The branch comes first: nothing is
 * made of a run that it refuses.
 */
export async function takeRun(
  folder: RunFolder,
  state: StateFolder,
  { plan, branches, judged, isNew }: TakeRunOptions,
): Promise<{ lock: CoordinatorLock; target: Target | undefined }> {
  const claim = branches === undefined ? undefined : await claimBranch(state, plan.into, folder.id);
  try {
    const target =
      branches === undefined || judged === undefined ? judged : await judgeAgain(judged, branches, plan, state);
    if (isNew) await mkdir(folder.root, { mode: 0o700 });
    const lock = await takeCoordinatorLock(folder.lock);
    return { lock: claim === undefined ? lock : bothLocks(claim, lock), target };
  } catch (error) {
    await claim?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** A run that had the branch until now may have moved it since it was judged. */
async function judgeAgain(target: Target, repository: Repository, plan: Plan, state: StateFolder): Promise<Target> {
  const branchAt = await readBranch(repository, target.branch);
  return branchAt === target.branchAt ? target : openTarget(repository, plan, state);
}

function bothLocks(first: CoordinatorLock, second: CoordinatorLock): CoordinatorLock {
  return {
    lost: AbortSignal.any([first.lost, second.lost]),
    verify() {
      first.verify();
      second.verify();
    },
    async [Symbol.asyncDispose]() {
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    },
  };
}
