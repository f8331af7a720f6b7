import {
  branchesInTheWay,
  checkedOutBranches,
  isAncestor,
  type Repository,
  readBranch,
  resolveCommit,
  type StateFolder,
} from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { findWriter } from './find-writer.ts';

export interface Target {
  /** Pinned commit id. */
  base: string;
  branch: string;
  /** Where the branch is now; undefined: it does not exist yet. */
  branchAt: string | undefined;
  /** The newest verified commit: the base, or what the run has merged on top of it. */
  tip: string;
  /** The run whose work in the branch gives way to that of this one, and the commit that keeps it. */
  replaces?: { run: string; commit: string };
}

/**
 * Pin the base and make sure that the target branch can take the work: it lies behind the base, or is still exactly where
 * an earlier run left it. Writes nothing.
 */
export async function openTarget(
  repository: Repository,
  { base: baseName, into: branch }: { base: string; into: string },
  state: StateFolder,
): Promise<Target> {
  const [base, branchAt, checkedOut, inTheWay] = await Promise.all([
    resolveCommit(repository, baseName),
    readBranch(repository, branch),
    checkedOutBranches(repository),
    branchesInTheWay(repository, branch),
  ]);
  if (checkedOut.has(branch)) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} is checked out, and a run never changes a checkout.`,
      next: 'Choose another branch with --into, and merge it yourself when the run has ended.',
    });
  }
  const [other] = inTheWay;
  if (other !== undefined) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} can't exist beside the branch ${other}: git keeps one as a folder of the other.`,
      next: `Choose another branch with --into, or rename the other with \`git branch -m ${other} <new name>\`.`,
    });
  }
  const target = { base, branch, branchAt, tip: base };
  if (branchAt === undefined || branchAt === base || (await isAncestor(repository, branchAt, base))) return target;
  const writer = await findWriter(state, { branch, commit: branchAt });
  if (writer?.ended) return { ...target, replaces: { run: writer.run, commit: branchAt } };
  if (writer !== undefined) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} holds the work of the run ${writer.run}, which has not ended.`,
      next: `Go on with it: \`fanfold resume ${writer.run}\`; or choose another branch with --into.`,
    });
  }
  throw new FanfoldError({
    code: 'into-conflict',
    message: `The branch ${branch} exists already and has commits that neither the base ${baseName} has nor a run left there.`,
    next: `Merge it, or discard it with \`git branch -D ${branch}\`, or choose another with --into, or build on it with \`base: ${branch}\` and another \`into\`.`,
  });
}
