/** What goes wrong with git, as the errors that users get. Called by run-git.ts and whoever reads git's words itself. */
import { FanfoldError } from '../../tasks/index.ts';

/** Git ended with an exit code that its caller does not understand. */
export function gitError(args: readonly string[], words: string, exitCode: number): FanfoldError {
  return (
    lockError(words) ??
    new FanfoldError({
      code: 'git-failed',
      message: `git ${args[0]} failed: ${words.split('\n').slice(-3).join(' ') || 'no output'}`,
      next: /transport '.*' not allowed|promisor/.test(words)
        ? 'Objects are missing, and a run fetches nothing: complete the clone with `git fetch --refetch --no-filter`.'
        : 'Look at the repository with `git status` and `git fsck`, then run again.',
      data: { arguments: args.slice(0, 20), exitCode, stderr: words.slice(-2000) },
    })
  );
}

/** A lock that another git holds, or that one left which was killed; undefined when these words tell of none. */
export function lockError(words: string): FanfoldError | undefined {
  const [, file] = /Unable to create '(.+?\.lock)': File exists/.exec(words) ?? [];
  if (file === undefined) return undefined;
  return new FanfoldError({
    code: 'git-failed',
    message: `Git is locked by ${file}: another git is at work there, or was killed while it was.`,
    next: `Wait until no git is at work in the repository, remove ${file} if it is still there, then run again.`,
    failure: 'transient',
    data: { file },
  });
}

export function startError(args: readonly string[], cause: NodeJS.ErrnoException): FanfoldError {
  return new FanfoldError({
    code: 'git-failed',
    message:
      cause.code === 'ENOENT'
        ? 'git was not found, or the folder to run it in is gone.'
        : `git ${args[0]} could not be started: ${cause.message}`,
    next: 'Install git 2.38 or newer (for instance: apt-get install git), then run again.',
    failure: cause.code === 'EAGAIN' || cause.code === 'EMFILE' ? 'transient' : 'permanent',
    cause,
  });
}

export function overdueError(args: readonly string[], cwd: string, limitMs: number): FanfoldError {
  return new FanfoldError({
    code: 'git-failed',
    message: `git ${args[0]} did not end within ${limitMs / 1000} s in ${cwd}.`,
    next: 'Look there for what it may wait for: a pipe in place of a .gitignore, a network disk that is gone, a full disk.',
    failure: 'timeout',
    data: { arguments: args.slice(0, 20) },
  });
}
