import { type Repository, snapshotWorktree } from '../../ipc/index.ts';
import { putBack, putOnTop } from './checkout.ts';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';
import type { WorktreePool } from './worktree-pool.ts';

/** What an agent's worktree needs beside its base. */
export interface AgentWork {
  /** The attempt's folder, absolute. */
  attempt: string;
  /** A commit on the base whose files the agent goes on with. */
  commit?: string | undefined;
}

/**
 * A git worktree at `base`. It counts as the agent's once its files are complete, so that whoever looks after a death
 * finds them or nothing.
 */
export async function openWorktreeWorkspace(
  pool: WorktreePool,
  repository: Repository,
  base: string,
  signal: AbortSignal,
  agent?: AgentWork,
): Promise<Workspace> {
  const worktree = await pool.acquire(base, signal);
  try {
    if (agent?.commit !== undefined) await putOnTop(repository, worktree, agent.commit, signal);
    if (agent !== undefined) await pool.lend(worktree, { base, attempt: agent.attempt });
  } catch (error) {
    await pool.release(worktree);
    throw error;
  }
  return {
    root: worktree.root,
    base,
    files: diskFiles(worktree.root),
    forChecks: async () => worktree.root,
    restore: ({ commit = base }, stop) => putBack(repository, worktree, commit, stop),
    snapshot: (message) => snapshotWorktree(repository, worktree, { base, message }),
    [Symbol.asyncDispose]: () => pool.release(worktree),
  };
}
