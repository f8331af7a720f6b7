import { constants } from 'node:fs';
import { copyFile, lstat, readdir, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPrivateGitFolder, type PrivateGitFolder, type Repository, runGit } from '../../ipc/index.ts';

/** A worktree's places on disk. */
export interface Worktree {
  /** Absolute path without symbolic links. */
  root: string;
  /** The worktree's own folder inside the repository's git folder. */
  gitFolder: string;
}

/** What git itself keeps for a worktree that is clean; the rest is what an attempt left. */
const keptByGit = new Set(['HEAD', 'commondir', 'gitdir', 'logs', 'refs', 'reftable']);
/** Clock ticks of file systems last 1 to 10 ms. */
const tickMs = 2;
const longestTicks = 8;

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

/** The index as it was right after the checkout, ready to be added to. */
export interface CheckoutIndex extends Disposable {
  folder: PrivateGitFolder;
  /** The same index, to be read only. */
  saved: string;
  /** Files whose inode changed before this time are as the checkout left them; 0 where that can't be told. */
  checkedOutNs: bigint;
}

export async function openIndex(repository: Repository, worktree: Worktree): Promise<CheckoutIndex> {
  const folder = openPrivateGitFolder(repository, worktree.root);
  const saved = savedIndex(worktree);
  await copyIndex(saved, folder.index);
  const { ctimeNs, mtimeNs } = await stat(saved, { bigint: true });
  return {
    folder,
    saved,
    checkedOutNs: ctimeNs > mtimeNs ? ctimeNs : 0n,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Options that bind git to a worktree whatever its `.git` file says by now. */
export function insideWorktree(
  repository: Repository,
  worktree: Worktree,
  folder: PrivateGitFolder,
  signal?: AbortSignal,
) {
  return {
    cwd: worktree.root,
    settings: repository.settings,
    environment: folder.environment,
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Keep the index for the next snapshot. A file written in the clock tick of its checkout has the times of an untouched
 * one, so this returns in a later tick.
 */
async function saveIndex(folder: PrivateGitFolder, worktree: Worktree): Promise<void> {
  const { mtimeNs } = await stat(folder.index, { bigint: true });
  for (let ticks = 0; ticks < longestTicks; ticks += 1) {
    await copyIndex(folder.index, savedIndex(worktree));
    if ((await stat(savedIndex(worktree), { bigint: true })).ctimeNs > mtimeNs) return;
    await sleep(tickMs);
  }
}

/**
 * With its time: git, which may look at seconds only, compares the contents of files that are not older than the
 * index, and a copy must not seem younger than it is.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}

function savedIndex({ gitFolder }: Worktree): string {
  return join(gitFolder, 'fanfold-index');
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
