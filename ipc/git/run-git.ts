/**
 * Every git call of Fanfold goes through here. Hooks, file-system monitors, external diffs and the repository's own
 * filter commands are switched off, so that a repository under work can't make us run its code.
 * Node's spawn is used instead of a process library: git is called several times per subtask, and it costs a third.
 */
import { spawn } from 'node:child_process';
import { FanfoldError } from '../../tasks/index.ts';

export interface GitOptions {
  /** Working folder of the command, absolute. */
  cwd: string;
  /** Written to standard input. */
  input?: string | Buffer;
  /** Added to the environment, for instance GIT_INDEX_FILE. */
  environment?: Record<string, string>;
  /** More `-c` settings, for instance the switched-off filters of a repository. */
  settings?: readonly string[];
  signal?: AbortSignal;
  /** Exit codes other than 0 that the caller understands. */
  accept?: readonly number[];
}

export interface GitResult {
  stdout: Buffer;
  stderr: string;
  exitCode: number;
}

const alwaysOff = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'diff.external=',
  'core.quotePath=false',
  'advice.detachedHead=false',
  'commit.gpgSign=false',
];

/** Run git and return its output; a FanfoldError `git-failed` names the command and git's own words. */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const settings = [...alwaysOff, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...settings, ...args], {
      cwd: options.cwd,
      env: gitEnvironment(options.environment),
      // A group of its own: Ctrl-C on the terminal must not end a git that finishes work at hand.
      detached: true,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A git that ends early closes its standard input; its exit code tells more than the broken pipe.
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(options.signal?.aborted ? options.signal.reason : startError(args, error)));
    child.once('close', (code) => {
      const exitCode = code ?? -1;
      const words = Buffer.concat(stderr).toString().trim();
      if (exitCode === 0 || options.accept?.includes(exitCode)) {
        resolve({ stdout: Buffer.concat(stdout), stderr: words, exitCode });
      } else if (options.signal?.aborted) reject(options.signal.reason);
      else reject(gitError(args, words, exitCode));
    });
    child.stdin.end(options.input ?? '');
  });
}

/** Run git and return its standard output as text without the last line break. */
export async function gitText(args: readonly string[], options: GitOptions): Promise<string> {
  const { stdout } = await runGit(args, options);
  return stdout.toString().replace(/\n$/, '');
}

/** The caller's environment without variables that would point git at another repository, index or configuration. */
function gitEnvironment(added: Record<string, string> = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('GIT_') && !/(_KEY|_TOKEN|SECRET|PASSWORD)$/i.test(name)) environment[name] = value;
  }
  return { ...environment, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', ...added };
}

function gitError(args: readonly string[], words: string, exitCode: number): FanfoldError {
  return new FanfoldError({
    code: 'git-failed',
    message: `git ${args[0]} failed: ${words.split('\n').slice(-3).join(' ') || 'no output'}`,
    next: 'Look at the repository with `git status` and `git fsck`, then run again.',
    data: { arguments: args.slice(0, 20), exitCode, stderr: words.slice(-2000) },
  });
}

function startError(args: readonly string[], cause: NodeJS.ErrnoException): FanfoldError {
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
