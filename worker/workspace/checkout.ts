import { lstat, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyIndex,
  insideWorktree,
  openPrivateGitFolder,
  type Repository,
  runGit,
  savedIndex,
  saveIndex,
  type Worktree,
} from '../../ipc/index.ts';

/** What git itself keeps for a worktree that is clean; the rest is what an attempt left. */
const keptByGit = new Set(['HEAD', 'commondir', 'gitdir', 'logs', 'refs', 'reftable']);

/**
 * Make a worktree hold exactly `commit`, whatever an attempt has left in it. The index is Fanfold's own and kept apart,
 * so that nothing an attempt does to the worktree's can hide a change.
 */
export async function checkOut(
  repository: Repository,
  worktree: Worktree,
  { commit, fresh, signal }: { commit: string; fresh: boolean; signal: AbortSignal },
): Promise<void> {
  if ((await realpath(worktree.root)) !== worktree.root) throw new Error(`${worktree.root} was replaced`);
  using folder = openPrivateGitFolder(repository, worktree.root);
  const options = insideWorktree(repository, worktree, folder, signal);
  if (!fresh) {
    await copyIndex(savedIndex(worktree), folder.index);
    await replaceFile(join(worktree.root, '.git'), `gitdir: ${worktree.gitFolder}\n`);
    await forgetState(worktree.gitFolder);
  }
  const checkedOut = runGit(['read-tree', '--reset', '-u', commit], options);
  await Promise.all([checkedOut, fresh ? undefined : pointHead(repository, worktree, commit, signal)]);
  if (!fresh) await runGit(['clean', '-ffdxq'], options);
  await saveIndex(folder, worktree);
  await copyIndex(folder.index, join(worktree.gitFolder, 'index'));
}

/** Put the files of a later commit into a worktree that was just checked out: to a snapshot they are its changes. */
export async function putOnTop(
  repository: Repository,
  worktree: Worktree,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  using folder = openPrivateGitFolder(repository, worktree.root);
  await copyIndex(savedIndex(worktree), folder.index);
  await runGit(['read-tree', '--reset', '-u', commit], insideWorktree(repository, worktree, folder, signal));
}

/** Make the files that git does not ignore those of a commit again. One that is as it should be is not touched. */
export async function putBack(
  repository: Repository,
  worktree: Worktree,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  using folder = openPrivateGitFolder(repository, worktree.root);
  await copyIndex(savedIndex(worktree), folder.index);
  const options = insideWorktree(repository, worktree, folder, signal);
  await runGit(['read-tree', '--reset', commit], options);
  await runGit(['update-index', '-q', '--refresh'], { ...options, accept: [1] });
  await runGit(['read-tree', '--reset', '-u', commit], options);
  await runGit(['clean', '-ffdq'], options);
}

function pointHead({ top }: Repository, { gitFolder }: Worktree, commit: string, signal: AbortSignal) {
  return runGit(['update-ref', '--no-deref', 'HEAD', commit], {
    cwd: top,
    environment: { GIT_DIR: gitFolder },
    signal,
  });
}

/** An attempt may have put a link there: writing must not go through it. */
async function replaceFile(path: string, content: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, content, { flag: 'wx' });
}

/** An unfinished merge or rebase, and an index with marks of its own, are not for the next attempt. */
async function forgetState(gitFolder: string): Promise<void> {
  for (const name of await readdir(gitFolder)) {
    const kept = keptByGit.has(name) && !(await lstat(join(gitFolder, name))).isSymbolicLink();
    if (!kept) await rm(join(gitFolder, name), { recursive: true, force: true });
  }
}
