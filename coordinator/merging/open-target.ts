import {
  branchesInTheWay,
  checkedOutBranches,
  isAncestor,
  type Repository,
  readBranch,
  resolveCommit,
} from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';

export interface Target {
  /** Pinned commit id. */
  base: string;
  branch: string;
  /** Where the branch is now; undefined: it does not exist yet. */
  branchAt: string | undefined;
}

/** Pin the base and make sure that the target branch can take the work. Writes nothing. */
export async function openTarget(repository: Repository, baseName: string, branch: string): Promise<Target> {
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
  if (branchAt !== undefined && branchAt !== base && !(await isAncestor(repository, branchAt, base))) {
    throw new FanfoldError({
      code: 'into-conflict',
      message: `The branch ${branch} exists already and has commits that the base ${baseName} does not have.`,
      next: `Merge it, or discard it with \`git branch -D ${branch}\`, or choose another with --into, or build on it with \`base: ${branch}\` and another \`into\`.`,
    });
  }
  return { base, branch, branchAt };
}
