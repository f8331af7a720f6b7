/**
 * Every git call of Fanfold goes through here. Hooks, file-system monitors, external diffs and transports are switched
 * off, so that a repository under work can't make us run its code; calls that write, add or merge files also need a
 * private git folder (private-git-folder.ts), where its filters and drivers do not exist. Git sees no secrets.
 * Node's spawn is used instead of a process library: git is called several times per subtask, and it costs a third.
 */
import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { commandEnvironment } from '../processes/command-environment.ts';
import { gitError, overdueError, startError } from './git-error.ts';

/** Name and value of a git setting, as in `['core.eol', 'lf']`. */
export type GitSetting = readonly [name: string, value: string];

export interface GitOptions {
  /** Working folder of the command, absolute. */
  cwd: string;
  /** Written to standard input. */
  input?: string | Buffer;
  /** Added to the environment, for instance GIT_INDEX_FILE. */
  environment?: Record<string, string>;
  /** Settings that win over every configuration file. */
  settings?: readonly GitSetting[];
  /** Ends git and what it has started; the call rejects with the reason once all of them are gone. */
  signal?: AbortSignal;
  /** Exit codes other than 0 that the caller understands. */
  accept?: readonly number[];
  /** Ends git like `signal` after so long, ms; then the call rejects with `git-failed`. Default 600,000. */
  limitMs?: number;
}

export interface GitResult {
  stdout: Buffer;
  stderr: string;
  exitCode: number;
}

const alwaysOff: readonly GitSetting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.alternateRefsCommand', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['diff.external', ''],
  ['core.quotePath', 'false'],
  ['advice.detachedHead', 'false'],
  ['commit.gpgSign', 'false'],
  ['credential.helper', ''],
  // A lock of another git is gone after moments.
  ['core.filesRefLockTimeout', '2000'],
  ['core.packedRefsTimeout', '5000'],
];

/** Between the request to end and the order. */
const graceMs = 2_000;
/** From the order until a git that the kernel does not let go, as on a dead network disk, is given up. */
const lossMs = 5_000;
/** The largest repositories take minutes; a git that waits for what never comes must not hold up a run. */
const usualLimitMs = 600_000;

/** Run git and return its output; a FanfoldError `git-failed` names the command and git's own words. */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { signal, limitMs = usualLimitMs } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn('git', args, {
      cwd: options.cwd,
      env: gitEnvironment(options),
      // A group of its own: Ctrl-C on the terminal must not end a git that finishes work at hand.
      detached: true,
    });
    let order: NodeJS.Timeout | undefined;
    let overdue = false;
    const limit = setTimeout(() => {
      overdue = true;
      end();
    }, limitMs);
    const end = () => {
      endGroup(child.pid, 'SIGTERM');
      order = setTimeout(() => {
        endGroup(child.pid, 'SIGKILL');
        order = setTimeout(giveUp, lossMs);
      }, graceMs);
    };
    const giveUp = () => {
      child.stdout.destroy();
      child.stderr.destroy();
      settle();
      reject(signal?.aborted ? signal.reason : overdueError(args, options.cwd, limitMs));
    };
    signal?.addEventListener('abort', end, { once: true });
    const settle = () => {
      signal?.removeEventListener('abort', end);
      clearTimeout(order);
      clearTimeout(limit);
    };
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A git that ends early closes its standard input; its exit code tells more than the broken pipe.
    child.stdin.on('error', () => {});
    child.once('error', (error) => {
      settle();
      reject(startError(args, error));
    });
    child.once('close', (code) => {
      settle();
      const exitCode = code ?? -1;
      const words = Buffer.concat(stderr).toString().trim();
      if (exitCode === 0 || options.accept?.includes(exitCode)) {
        resolve({ stdout: Buffer.concat(stdout), stderr: words, exitCode });
      } else if (signal?.aborted) reject(signal.reason);
      else if (overdue) reject(overdueError(args, options.cwd, limitMs));
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

/**
 * The caller's environment without secrets and without variables that would point git at another repository, index or
 * configuration. Settings travel as variables, since `-c` can't carry a name with `=`.
 */
function gitEnvironment({ environment, settings = [] }: GitOptions): Record<string, string> {
  const all = [...alwaysOff, ...settings];
  return commandEnvironment(withUserFolders(process.env), {
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    // Wins over `protocol.*.allow`: a missing object must not make git start what a remote's configuration names.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([name, value], number) => [
        [`GIT_CONFIG_KEY_${number}`, name],
        [`GIT_CONFIG_VALUE_${number}`, value],
      ]),
    ),
    ...environment,
  });
}

/** Git looks for configuration where these say; what they say relative to the repository would be the repository's. */
function withUserFolders(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isMisleading = (name: string): boolean => !isAbsolute(environment[name] ?? '/');
  const misleading = ['HOME', 'XDG_CONFIG_HOME'].filter(isMisleading);
  return misleading.length === 0
    ? environment
    : Object.fromEntries(Object.entries(environment).filter(([name]) => !misleading.includes(name)));
}

function endGroup(id: number | undefined, signal: NodeJS.Signals): void {
  if (id === undefined) return;
  try {
    process.kill(-id, signal);
  } catch {
    // Gone already.
  }
}
