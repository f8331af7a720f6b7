/**
 * The index of a worktree as its checkout left it. It is Fanfold's own and kept apart from git's, so that nothing an
 * attempt does to that one can hide a change. Written by the worker's checkout, read by every snapshot.
 */
import { constants } from 'node:fs';
import { copyFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPrivateGitFolder, type PrivateGitFolder } from '../git/private-git-folder.ts';
import type { Repository } from '../git/repository.ts';

/** A worktree's places on disk. */
export interface Worktree {
  /** Absolute path without symbolic links. */
  root: string;
  /** The worktree's own folder inside the repository's git folder. */
  gitFolder: string;
}

/** The index as it was right after the checkout, ready to be added to. */
export interface CheckoutIndex extends Disposable {
  folder: PrivateGitFolder;
  /** The same index, to be read only. */
  saved: string;
  /** Files whose inode changed before this time are as the checkout left them; 0 where that can't be told. */
  checkedOutNs: bigint;
}

/** Clock ticks of file systems last 1 to 10 ms. */
const tickMs = 2;
const longestTicks = 8;

export async function openIndex(repository: Repository, worktree: Worktree): Promise<CheckoutIndex> {
  const saved = savedIndex(worktree);
  const { ctimeNs, mtimeNs } = await stat(saved, { bigint: true });
  const folder = openPrivateGitFolder(repository, worktree.root);
  try {
    await copyIndex(saved, folder.index);
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
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
export async function saveIndex(folder: PrivateGitFolder, worktree: Worktree): Promise<void> {
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
export async function copyIndex(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}

export function savedIndex({ gitFolder }: Worktree): string {
  return join(gitFolder, 'fanfold-index');
}
