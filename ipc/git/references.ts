import { FanfoldError } from '../../tasks/index.ts';
import { lockError } from './git-error.ts';
import type { Repository } from './repository.ts';
import { gitText, runGit } from './run-git.ts';

/** The commit a branch points at, or undefined when there is no such branch. */
export async function readBranch(repository: Repository, branch: string): Promise<string | undefined> {
  const { stdout, exitCode } = await runGit(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], {
    cwd: repository.top,
    accept: [1, 128],
  });
  return exitCode === 0 ? stdout.toString().trim() : undefined;
}

/**
 * Move a branch by compare-and-swap: only from `from` (undefined: only if it does not exist) to `to`.
 * False when somebody else moved it meanwhile.
 */
export async function moveBranch(
  repository: Repository,
  branch: string,
  { from, to, reason }: { from: string | undefined; to: string; reason: string },
): Promise<boolean> {
  const nothing = '0'.repeat(to.length);
  const { exitCode, stderr } = await runGit(
    ['update-ref', '--create-reflog', '-m', reason, `refs/heads/${branch}`, to, from ?? nothing],
    { cwd: repository.top, accept: [1, 128] },
  );
  if (exitCode === 0) return true;
  if (/cannot lock ref .*(but expected|already exists|is at|unable to resolve)/is.test(stderr)) return false;
  const locked = lockError(stderr);
  if (locked !== undefined) throw locked;
  throw new FanfoldError({
    code: 'into-conflict',
    message: `The branch ${branch} can't be written: ${stderr}`,
    next: 'Choose another branch with --into, for instance one without a common prefix with an existing branch.',
  });
}

/** Delete a branch if it still is where it was seen. False when somebody moved it meanwhile. */
export async function deleteBranch(repository: Repository, branch: string, at: string): Promise<boolean> {
  const { exitCode } = await runGit(['update-ref', '--no-deref', '-d', `refs/heads/${branch}`, at], {
    cwd: repository.top,
    accept: [1, 128],
  });
  return exitCode === 0;
}

/** True when `ancestor` is reachable from `descendant` (or equal). */
export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  const { exitCode } = await runGit(['merge-base', '--is-ancestor', ancestor, descendant], {
    cwd: repository.top,
    accept: [1],
  });
  return exitCode === 0;
}

/** Short names of the branches that some worktree has checked out. */
export async function checkedOutBranches(repository: Repository): Promise<Set<string>> {
  const listing = await gitText(['worktree', 'list', '--porcelain', '-z'], { cwd: repository.top });
  const branches = listing.split('\0').filter((line) => line.startsWith('branch refs/heads/'));
  return new Set(branches.map((line) => line.slice('branch refs/heads/'.length)));
}

/** Short names of existing branches beside which this one can't exist: `a` and `a/b` exclude each other. */
export async function branchesInTheWay(repository: Repository, branch: string): Promise<string[]> {
  const [first = ''] = branch.split('/');
  const listing = await gitText(['for-each-ref', '--format=%(refname:lstrip=2)', `refs/heads/${first}`], {
    cwd: repository.top,
  });
  return listing
    .split('\n')
    .filter((other) => other !== '' && (other.startsWith(`${branch}/`) || branch.startsWith(`${other}/`)));
}
