import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { changedPaths, commitTree, gitText, type Repository, runGit } from '../../ipc/index.ts';
import { diskFiles } from './disk-files.ts';
import type { Workspace } from './workspace.ts';
import { insideWorktree, type WorktreePool } from './worktree-pool.ts';

/** A git worktree at `base`, snapshotted through a private index so that the attempt's own index does not matter. */
export async function openWorktreeWorkspace(
  pool: WorktreePool,
  repository: Repository,
  base: string,
  signal: AbortSignal,
): Promise<Workspace> {
  const worktree = await pool.acquire(base, signal);
  return {
    root: worktree.root,
    files: diskFiles(worktree.root),
    forChecks: async () => worktree.root,
    async snapshot(message) {
      const inside = insideWorktree(repository, worktree);
      const index = join(worktree.gitFolder, 'fanfold-index');
      const options = { ...inside, environment: { ...inside.environment, GIT_INDEX_FILE: index } };
      // The worktree's own index carries the file times that make `add` fast; its content is overwritten by it.
      await copyFile(join(worktree.gitFolder, 'index'), index);
      try {
        await runGit(['read-tree', base], options);
        await runGit(['add', '--all', '--', '.'], options);
        const tree = await gitText(['write-tree'], options);
        const changedFiles = await changedPaths(repository, base, tree);
        if (changedFiles.length === 0) return { changedFiles };
        return { changedFiles, commit: await commitTree(repository, { tree, parents: [base], message }) };
      } finally {
        await rm(index, { force: true });
      }
    },
    [Symbol.asyncDispose]: () => pool.release(worktree),
  };
}
