import { checkedOutBranches, isAncestor, type Repository, readBranch } from '../../ipc/index.ts';
import { FanfoldError, type MergeReady, type RunStart } from '../../tasks/index.ts';
import type { Target } from './open-target.ts';

export interface ReopenedTarget extends Target {
  /** Unsettled subtasks that had landed when the run was left: the merge commit. */
  landed: ReadonlyMap<string, string>;
}

export interface MergesSoFar {
  ready: readonly MergeReady[];
  /** The newest commit that the journal knows to have landed. */
  landedAt: string | undefined;
  unsettled: ReadonlySet<string>;
}

/**
 * Where a run that is taken up again stands with its branch. A merge that was ready has landed exactly when the branch
 * contains it, whatever the journal had time to say. Writes nothing.
 */
export async function reopenTarget(
  repository: Repository,
  { base, branch, branchFrom }: RunStart & { base: string; branch: string },
  { ready, landedAt, unsettled }: MergesSoFar,
): Promise<ReopenedTarget> {
  const [branchAt, checkedOut] = await Promise.all([readBranch(repository, branch), checkedOutBranches(repository)]);
  if (checkedOut.has(branch)) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} is checked out, and a run never changes a checkout.`,
      next: 'Check out another branch, then resume.',
    });
  }
  const contains = async (commit: string) => branchAt !== undefined && isAncestor(repository, commit, branchAt);
  if (landedAt !== undefined && !(await contains(landedAt))) throw movedAway(branch, landedAt);
  if (branchAt !== undefined && (landedAt !== undefined || (await containsAny(ready, contains)))) {
    return { base, branch, branchAt, tip: branchAt, landed: await landedSubtasks({ ready, unsettled }, contains) };
  }
  if (branchAt !== branchFrom && (branchAt === undefined || !(await isAncestor(repository, branchAt, base)))) {
    throw movedAway(branch, branchFrom);
  }
  return { base, branch, branchAt, tip: base, landed: new Map() };
}

type Contains = (commit: string) => Promise<boolean>;

async function containsAny(ready: readonly MergeReady[], contains: Contains): Promise<boolean> {
  for (const { commit } of ready.toReversed()) if (await contains(commit)) return true;
  return false;
}

/** A merge that was ready may have been overtaken by somebody else's commit, and made anew. */
async function landedSubtasks(
  { ready, unsettled }: Pick<MergesSoFar, 'ready' | 'unsettled'>,
  contains: Contains,
): Promise<Map<string, string>> {
  const landed = new Map<string, string>();
  for (const { subtasks, commit } of ready) {
    const mine = subtasks.filter((id) => unsettled.has(id));
    if (mine.length === 0 || !(await contains(commit))) continue;
    for (const id of mine) landed.set(id, commit);
  }
  return landed;
}

function movedAway(branch: string, left: string | undefined): FanfoldError {
  return new FanfoldError({
    code: 'into-conflict',
    message: `The branch ${branch} is not where the run left it${left === undefined ? '' : ` (${left})`}.`,
    next:
      left === undefined
        ? 'Delete or rename it, or run again with another branch (--into): finished work is reused.'
        : `Put it back with \`git branch --force ${branch} ${left}\`, then resume.`,
  });
}
