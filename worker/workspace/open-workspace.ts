import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Assignment } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import type { WorkerServices } from '../serving/services.ts';
import { openCopyWorkspace } from './copy-workspace.ts';
import { openFolderWorkspace } from './folder-workspace.ts';
import { openObjectWorkspace } from './object-workspace.ts';
import type { Workspace } from './workspace.ts';
import { openWorktreeWorkspace } from './worktree-workspace.ts';

/** Files that an agent goes on with. */
export interface KeptFiles {
  /** The commit to check out instead of the assignment's base, with the files of `commit` on top. */
  base?: string;
  commit?: string;
  /** For a copy: the folder whose changes applyFolderChanges puts into it. */
  changes?: string;
}

/** The workspace that the subtask asks for. Throws where `kept` can't be brought back. */
export async function openWorkspace(
  assignment: Assignment,
  { worker, repository, worktrees, state, treeOf }: WorkerServices,
  attempt: string,
  signal: AbortSignal,
  kept: KeptFiles = {},
): Promise<Workspace> {
  const { subtask, run } = assignment;
  const isAgent = subtask.executor.kind === 'prompt';
  if (subtask.workspace === 'none') return openFolderWorkspace(assignment.repository);
  if (subtask.workspace === 'copy') {
    const agent = isAgent ? { agent: { changes: kept.changes } } : {};
    return openCopyWorkspace({ folder: assignment.repository, state, run, worker, attempt, signal, ...agent });
  }
  const base = kept.base ?? assignment.base;
  if (repository === undefined || worktrees === undefined || base === undefined) {
    throw new FanfoldError({
      code: 'repository-missing',
      message: `The subtask ${subtask.id} asks for a worktree, but ${assignment.repository} is no git repository.`,
      next: 'Set `workspace: copy` or `workspace: none`, or run `git init` and commit first.',
    });
  }
  if (isAgent) {
    return openWorktreeWorkspace(worktrees, repository, base, signal, { attempt, commit: kept.commit });
  }
  if (subtask.executor.kind !== 'codemod') return openWorktreeWorkspace(worktrees, repository, base, signal);
  const scratch = join(attempt, `scratch-${randomBytes(4).toString('hex')}`);
  return openObjectWorkspace({ repository, worktrees, base, entries: await treeOf(base), scratch, signal });
}
