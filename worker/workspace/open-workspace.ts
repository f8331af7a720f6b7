import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Assignment } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import type { WorkerServices } from '../services.ts';
import { openCopyWorkspace } from './copy-workspace.ts';
import { openFolderWorkspace } from './folder-workspace.ts';
import { openObjectWorkspace } from './object-workspace.ts';
import type { Workspace } from './workspace.ts';
import { openWorktreeWorkspace } from './worktree-workspace.ts';

/** The workspace that the subtask asks for. */
export async function openWorkspace(
  assignment: Assignment,
  { repository, worktrees, state, treeOf }: WorkerServices,
  attempt: string,
  signal: AbortSignal,
): Promise<Workspace> {
  const { subtask, base } = assignment;
  if (subtask.workspace === 'none') return openFolderWorkspace(assignment.repository);
  if (subtask.workspace === 'copy') {
    return openCopyWorkspace({ folder: assignment.repository, state, prefix: assignment.run, attempt, signal });
  }
  if (repository === undefined || worktrees === undefined || base === undefined) {
    throw new FanfoldError({
      code: 'repository-missing',
      message: `The subtask ${subtask.id} asks for a worktree, but ${assignment.repository} is no git repository.`,
      next: 'Set `workspace: copy` or `workspace: none`, or run `git init` and commit first.',
    });
  }
  if (subtask.executor.kind !== 'codemod') return openWorktreeWorkspace(worktrees, repository, base, signal);
  const scratch = join(attempt, `scratch-${randomBytes(4).toString('hex')}`);
  return openObjectWorkspace({ repository, worktrees, base, entries: await treeOf(base), scratch, signal });
}
