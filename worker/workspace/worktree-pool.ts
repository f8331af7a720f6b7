/**
 * Git worktrees of one worker thread, reused between attempts. Adding goes through one queue, always detached, since
 * concurrent adds that touch the repository's configuration lose some. Removing is a rename into the trash. Each has a
 * record beside it, from which others tell whose it is when this process is gone.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import PQueue from 'p-queue';
import {
  discardFolder,
  forgetWorkspaceRecord,
  processIdentity,
  type Repository,
  runGit,
  type StateFolder,
  type Worktree,
  writeWorkspaceRecord,
} from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { checkOut } from './checkout.ts';

export interface WorktreePool extends AsyncDisposable {
  /** A clean checkout of `commit`. */
  acquire(commit: string, signal: AbortSignal): Promise<Worktree>;
  /** Record the agent's attempt that it works for from now on, so that its files are found should this process die. */
  lend(worktree: Worktree, to: { base: string; attempt: string }): Promise<void>;
  /** Give it back, in whatever state it is. */
  release(worktree: Worktree): Promise<void>;
}

export function createWorktreePool(
  repository: Repository,
  state: StateFolder,
  { run, worker }: { run: string; worker: string },
): WorktreePool {
  const adds = new PQueue({ concurrency: 1 });
  const idle: Worktree[] = [];
  const all = new Set<Worktree>();
  const lent = new Set<Worktree>();
  const owner = processIdentity();

  const place = async (): Promise<Worktree> => {
    await mkdir(state.workspaces, { recursive: true, mode: 0o700 });
    const root = join(await realpath(state.workspaces), `${run}-${worker}-${randomBytes(4).toString('hex')}`);
    return { root, gitFolder: join(repository.commonFolder, 'worktrees', basename(root)) };
  };

  const record = ({ root }: Worktree, work: { base: string; attempt: string } | undefined) =>
    writeWorkspaceRecord(state, { name: basename(root), run, worker, owner, kind: 'worktree', ...work });

  /** Git's own checkout would run the repository's filters: git registers the worktree only. */
  const register = ({ root }: Worktree, commit: string, signal: AbortSignal) =>
    runGit(['worktree', 'add', '--quiet', '--no-checkout', '--detach', root, commit], { cwd: repository.top, signal });

  const make = async (commit: string, signal: AbortSignal): Promise<Worktree> => {
    const worktree = await place();
    all.add(worktree);
    try {
      await record(worktree, undefined);
      // Not given to the queue: it would not wait for git to end.
      await adds.add(() => register(worktree, commit, signal));
      await checkOut(repository, worktree, { commit, fresh: true, signal });
      return worktree;
    } catch (error) {
      await discard(worktree);
      throw error;
    }
  };

  const discard = async (worktree: Worktree): Promise<void> => {
    all.delete(worktree);
    lent.delete(worktree);
    await rm(worktree.gitFolder, { recursive: true, force: true });
    await discardFolder(worktree.root, state.trash);
    await forgetWorkspaceRecord(state, basename(worktree.root));
  };

  return {
    async acquire(commit, signal) {
      for (let worktree = idle.pop(); worktree !== undefined; worktree = idle.pop()) {
        try {
          await checkOut(repository, worktree, { commit, fresh: false, signal });
          return worktree;
        } catch {
          // What an attempt left can't be cleaned: a fresh one costs less than finding out why.
          await discard(worktree);
          signal.throwIfAborted();
        }
      }
      try {
        return await make(commit, signal);
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
    async lend(worktree, to) {
      lent.add(worktree);
      await record(worktree, to);
    },
    async release(worktree) {
      try {
        if (lent.delete(worktree)) await record(worktree, undefined);
        idle.push(worktree);
      } catch {
        // Its record would name an attempt that it no longer works for.
        await discard(worktree);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(discard));
    },
  };
}
