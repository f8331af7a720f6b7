/**
 * Git worktrees of one worker thread, reused between attempts. Adding goes through one queue, always detached, since
 * concurrent adds that touch the repository's configuration lose some. Removing is a rename into the trash.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { type Repository, runGit, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';

export interface Worktree {
  /** Absolute path without symbolic links. */
  root: string;
  /** The worktree's own folder inside the repository's git folder. */
  gitFolder: string;
}

export interface WorktreePool extends AsyncDisposable {
  /** A clean checkout of `commit`. */
  acquire(commit: string, signal: AbortSignal): Promise<Worktree>;
  /** Give it back, in whatever state it is. */
  release(worktree: Worktree): Promise<void>;
}

export function createWorktreePool(repository: Repository, state: StateFolder, prefix: string): WorktreePool {
  const adds = new PQueue({ concurrency: 1 });
  const idle: Worktree[] = [];
  const all = new Set<Worktree>();

  const add = async (commit: string, signal: AbortSignal): Promise<Worktree> => {
    const path = join(state.workspaces, `${prefix}-${randomBytes(4).toString('hex')}`);
    await mkdir(state.workspaces, { recursive: true, mode: 0o700 });
    await runGit(['worktree', 'add', '--quiet', '--detach', path, commit], {
      cwd: repository.top,
      settings: repository.settings,
      signal,
    });
    const root = await realpath(path);
    const pointer = await readFile(join(root, '.git'), 'utf8');
    const worktree = { root, gitFolder: pointer.replace(/^gitdir: /, '').trim() };
    all.add(worktree);
    return worktree;
  };

  const reset = async (worktree: Worktree, commit: string, signal: AbortSignal): Promise<void> => {
    const options = { ...insideWorktree(repository, worktree), signal };
    await writeFile(join(worktree.root, '.git'), `gitdir: ${worktree.gitFolder}\n`);
    await runGit(['checkout', '--quiet', '--force', '--detach', commit], options);
    await runGit(['clean', '-ffdxq'], options);
  };

  const discard = async (worktree: Worktree): Promise<void> => {
    all.delete(worktree);
    const grave = join(state.trash, randomBytes(8).toString('hex'));
    await mkdir(state.trash, { recursive: true, mode: 0o700 });
    await rename(worktree.root, grave).catch(() => {});
    await rm(worktree.gitFolder, { recursive: true, force: true });
    await rm(grave, { recursive: true, force: true });
  };

  return {
    async acquire(commit, signal) {
      for (let worktree = idle.pop(); worktree !== undefined; worktree = idle.pop()) {
        try {
          await reset(worktree, commit, signal);
          return worktree;
        } catch {
          // What an attempt left can't be cleaned: a fresh one costs less than finding out why.
          await discard(worktree);
          signal.throwIfAborted();
        }
      }
      try {
        return await adds.add(() => add(commit, signal), { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw new FanfoldError({
          code: 'workspace-failed',
          message: `No worktree of ${repository.top} could be made: ${messageOf(error)}`,
          next: 'Check free disk space and `git worktree list`, then run again.',
          failure: 'transient',
          cause: error,
        });
      }
    },
    async release(worktree) {
      idle.push(worktree);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(discard));
    },
  };
}

/** Options that bind git to the worktree whatever its `.git` file says by now. */
export function insideWorktree(repository: Repository, worktree: Worktree) {
  return {
    cwd: worktree.root,
    settings: repository.settings,
    environment: { GIT_DIR: worktree.gitFolder, GIT_WORK_TREE: worktree.root },
  };
}
