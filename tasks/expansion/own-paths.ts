/**
 * Paths that are no part of anybody's work, in any depth and in any case, which makes no difference on some file systems.
 * Asked by everything that lists, reads or writes files for a subtask.
 */

/** Whether a path (relative, with `/`) is or lies in a `.fanfold`: whoever writes there can make up orders of a run. */
export function isStatePath(path: string): boolean {
  return /(?:^|\/)\.fanfold(?:\/|$)/i.test(path);
}

/** Whether a path (relative, with `/`) is or lies in a `.git`. */
export function isGitPath(path: string): boolean {
  return /(?:^|\/)\.git(?:\/|$)/i.test(path);
}

/** Whether a path defines an agent, if anything: of all that belongs to Fanfold, a repository may ship this alone. */
export function isAgentsPath(path: string): boolean {
  return path.startsWith('.fanfold/agents/');
}
