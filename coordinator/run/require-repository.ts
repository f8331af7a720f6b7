import type { Repository } from '../../ipc/index.ts';
import { FanfoldError, type Plan } from '../../tasks/index.ts';

/** FanfoldError `repository-missing` for a plan with worktrees in a folder outside git. */
export function requireRepository({ subtasks }: Plan, folder: string, repository: Repository | undefined): void {
  if (repository !== undefined || subtasks.every(({ workspace }) => workspace !== 'worktree')) return;
  throw new FanfoldError({
    code: 'repository-missing',
    message: `${folder} is not inside a git repository, and the task file asks for worktrees.`,
    next: 'Name a repository with --repo, run `git init` and commit, or set `defaults: { workspace: copy }` (or none).',
  });
}
