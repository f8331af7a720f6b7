import type { Plan, Subtask } from '../../tasks/index.ts';
import type { FileChoice } from './file-set.ts';

/**
 * The files that a subtask's result depends on; undefined where nobody can tell: what a command in the folder itself, or
 * in a copy of it, reads and does besides is only known where its `inputs` are declared, and what agents write to each
 * other is known nowhere.
 */
export function inputChoice(subtask: Subtask): FileChoice[] | undefined {
  const { executor, workspace, inputs, messages } = subtask;
  if (messages === true) return undefined;
  const declared: FileChoice[] = inputs === undefined ? [] : [{ kind: 'patterns', patterns: inputs }];
  if (executor.kind === 'codemod') {
    if (hasChecksOfItsOwn(subtask) && inputs === undefined) return [everything];
    const own: FileChoice = executor.files.length === 0 ? everything : { kind: 'globs', globs: executor.files };
    return hasChecksOfItsOwn(subtask) ? [own, ...declared] : [own];
  }
  if (inputs !== undefined) return declared;
  if (executor.kind === 'run' && workspace !== 'worktree') return undefined;
  // Also the task file and the data file: nobody can tell that it reads neither.
  return [{ kind: 'all', except: [] }];
}

/** The task file and the data file of its item, where a subtask depends on them for want of `inputs`. */
export function listingsOf(subtask: Subtask, { file }: Plan): string[] {
  const isWhole = inputChoice(subtask)?.some(({ kind }) => kind === 'all') ?? false;
  return isWhole ? [file, subtask.itemsFile].filter((path) => path !== undefined) : [];
}

/** Also what git ignores, where the work is not in a worktree. */
const everything: FileChoice = { kind: 'globs', globs: ['**'] };

/** Checks that decide and see the whole workspace, and that no gate repeats on the merged tree. */
function hasChecksOfItsOwn({ checks }: Subtask): boolean {
  return checks.some(({ on, gate }) => gate && on.includes('workspace') && !on.includes('merged'));
}
