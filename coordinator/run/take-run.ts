import { mkdir } from 'node:fs/promises';
import { type Repository, type RunFolder, readBranch, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError, type Plan } from '../../tasks/index.ts';
import { openTarget, type Target } from '../merging/open-target.ts';
import { type BranchClaim, claimBranch } from './claim-branch.ts';
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
 * The lock of a run and of the branch it writes, as one. The branch comes first: nothing is
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
    return { lock: claim === undefined ? lock : withClaim(lock, claim), target };
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

function withClaim(lock: CoordinatorLock, claim: BranchClaim): CoordinatorLock {
  return {
    lost: lock.lost,
    verify() {
      lock.verify();
      if (claim.isHeld()) return;
      throw new FanfoldError({
        code: 'run-locked',
        message: 'Another run has taken the branch of this one.',
        next: 'See the runs there are with `fanfold status`, and resume this one when the other has ended.',
      });
    },
    async [Symbol.asyncDispose]() {
      await lock[Symbol.asyncDispose]();
      await claim[Symbol.asyncDispose]();
    },
  };
}
