import { checkedOutBranches, isAncestor, type Repository, readBranch } from '../../ipc/index.ts';
import { FanfoldError, type MergeReady, type RunStart } from '../../tasks/index.ts';
import type { Target } from './open-target.ts';

export interface ReopenedTarget extends Target {
  /** Unsettled subtasks that had landed when the run was left: the merge commit. */
  landed: ReadonlyMap<string, string>;
}

/**
 * Where a run that is taken up again stands with its branch. A merge that was ready has landed exactly when the branch
 * contains it, whatever the journal had time to say. Writes nothing.
 */
export async function reopenTarget(
  repository: Repository,
  { base, branch, branchFrom }: RunStart & { base: string; branch: string },
  { ready, unsettled }: { ready: readonly MergeReady[]; unsettled: ReadonlySet<string> },
): Promise<ReopenedTarget> {
  const [branchAt, checkedOut] = await Promise.all([readBranch(repository, branch), checkedOutBranches(repository)]);
  if (checkedOut.has(branch)) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} is checked out, and a run never changes a checkout.`,
      next: 'Check out another branch, then resume.',
    });
  }
  if (branchAt !== undefined && (await containsAny(repository, ready, branchAt))) {
    const landed = await landedSubtasks(repository, { ready, unsettled }, branchAt);
    return { base, branch, branchAt, tip: branchAt, landed };
  }
  if (branchAt !== branchFrom && (branchAt === undefined || !(await isAncestor(repository, branchAt, base)))) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} is not where the run left it.`,
      next: `Put it back (\`git reflog show ${branch}\` tells where it was), or run again with another branch (--into).`,
    });
  }
  return { base, branch, branchAt, tip: base, landed: new Map() };
}

async function containsAny(repository: Repository, ready: readonly MergeReady[], branchAt: string): Promise<boolean> {
  for (const { commit } of ready.toReversed()) if (await isAncestor(repository, commit, branchAt)) return true;
  return false;
}

/** A merge that was ready may have been overtaken by somebody else's commit, and made anew. */
async function landedSubtasks(
  repository: Repository,
  { ready, unsettled }: { ready: readonly MergeReady[]; unsettled: ReadonlySet<string> },
  branchAt: string,
): Promise<Map<string, string>> {
  const landed = new Map<string, string>();
  for (const { subtasks, commit } of ready) {
    const mine = subtasks.filter((id) => unsettled.has(id));
    if (mine.length === 0 || !(await isAncestor(repository, commit, branchAt))) continue;
    for (const id of mine) landed.set(id, commit);
  }
  return landed;
}
