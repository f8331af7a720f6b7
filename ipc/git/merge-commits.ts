import { openPrivateGitFolder } from './private-git-folder.ts';
import { identityEnvironment, type Repository } from './repository.ts';
import { gitText, runGit } from './run-git.ts';

export type MergeAttempt = { merged: true; commit: string } | { merged: false; conflictedFiles: string[] };
export type TreeMerge = { merged: true; tree: string } | { merged: false; conflictedFiles: string[] };

/**
 * Merge `theirs` into `ours` in the object store alone: no checkout, no index, no reference moves. Files with a merge
 * driver of the repository's own are merged by git as text.
 */
export async function mergeCommits(
  repository: Repository,
  { ours, theirs, message }: { ours: string; theirs: string; message: string },
): Promise<MergeAttempt> {
  const attempt = await mergeTrees(repository, { ours, theirs });
  if (!attempt.merged) return attempt;
  const commit = await commitTree(repository, { tree: attempt.tree, parents: [ours, theirs], message });
  return { merged: true, commit };
}

/** The tree that a merge of two commits comes to, without a commit of it. */
export async function mergeTrees(
  repository: Repository,
  { ours, theirs }: { ours: string; theirs: string },
): Promise<TreeMerge> {
  using folder = openPrivateGitFolder(repository);
  const { stdout, exitCode } = await runGit(
    ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs],
    { cwd: repository.top, environment: folder.environment, settings: repository.settings, accept: [1] },
  );
  const [tree = '', ...conflictedFiles] = stdout.toString().split('\0').filter(Boolean);
  return exitCode === 1 ? { merged: false, conflictedFiles } : { merged: true, tree };
}

/** Write a commit object. */
export function commitTree(
  repository: Repository,
  { tree, parents, message }: { tree: string; parents: readonly string[]; message: string },
): Promise<string> {
  return gitText(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'], {
    cwd: repository.top,
    environment: identityEnvironment(repository.identity),
    input: message,
  });
}
