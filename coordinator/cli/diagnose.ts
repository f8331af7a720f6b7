import { statfs } from 'node:fs/promises';
import {
  commandEnvironment,
  findCredentials,
  type Repository,
  readUserSettings,
  trackedState,
  trackedStateError,
  userSettingsPath,
} from '../../ipc/index.ts';
import { FanfoldError, messageOf, parseUserSettings, roleModel } from '../../tasks/index.ts';
import { runCommand } from '../../worker/index.ts';
import type { CommandContext } from './command-context.ts';
import { userModels } from './user-settings.ts';

/** One thing that Fanfold needs or can use. */
export interface Finding {
  subject: string;
  /** `missing` keeps runs from working; `warning` costs something. */
  state: 'ok' | 'warning' | 'missing';
  found: string;
  /** How to get it. */
  next?: string;
}

const enoughDiskBytes = 2 ** 30;

/** Look at Node, git, ripgrep, sandbox, credentials, settings and disk. Never throws. */
export async function diagnose(
  folder: string,
  inside: Repository | undefined,
  context: CommandContext,
): Promise<Finding[]> {
  return Promise.all([
    node(),
    git(folder),
    repository(folder, inside),
    ripgrep(folder),
    sandbox(folder),
    codemods(),
    credentials(context),
    settings(context),
    disk(folder),
  ]);
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? { subject: 'Node', state: 'ok', found: process.version }
    : { subject: 'Node', state: 'missing', found: process.version, next: 'Install Node 20.19 or newer.' };
}

async function git(folder: string): Promise<Finding> {
  const found = await firstLine('git --version', folder);
  const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(found)?.slice(1).map(Number) ?? [];
  if (major > 2 || (major === 2 && minor >= 38)) return { subject: 'git', state: 'ok', found };
  return {
    subject: 'git',
    state: 'missing',
    found: found || 'not found',
    next: 'Install git 2.38 or newer (it merges without a checkout), for instance: apt-get install git.',
  };
}

async function repository(folder: string, inside: Repository | undefined): Promise<Finding> {
  const subject = 'repository';
  if (inside === undefined) {
    return {
      subject,
      state: 'warning',
      found: `${folder} is outside git`,
      next: 'Name one with --repo, or set `workspace: copy` (or none) in the task file.',
    };
  }
  const tracked = await trackedState(inside).catch(() => undefined);
  if (tracked === undefined) return { subject, state: 'ok', found: folder };
  const { message, next } = trackedStateError(tracked, folder);
  return { subject, state: 'missing', found: message, next };
}

async function ripgrep(folder: string): Promise<Finding> {
  try {
    const { rgPath } = await import('@vscode/ripgrep');
    const found = await firstLine([rgPath, '--version'], folder);
    if (found) return { subject: 'ripgrep', state: 'ok', found };
    throw new Error('it does not start');
  } catch (error) {
    const next = 'Install Fanfold again without --omit=optional: agents search with it.';
    return { subject: 'ripgrep', state: 'missing', found: messageOf(error), next };
  }
}

async function sandbox(folder: string): Promise<Finding> {
  const found = await firstLine('bwrap --version', folder);
  return found
    ? { subject: 'sandbox', state: 'ok', found: `${found} (not used yet: commands run unconfined)` }
    : {
        subject: 'sandbox',
        state: 'warning',
        found: 'bubblewrap not found',
        next: 'Nothing uses it yet: commands of agents run only by an allow rule, and unconfined. To be ready: apt-get install bubblewrap.',
      };
}

async function codemods(): Promise<Finding> {
  try {
    const { parse } = await import('@ast-grep/napi');
    parse('JavaScript', 'var a').root();
    return { subject: 'ast-grep', state: 'ok', found: 'loads' };
  } catch (error) {
    const next = 'Install Fanfold again without --omit=optional: codemods need its native part.';
    return { subject: 'ast-grep', state: 'missing', found: messageOf(error), next };
  }
}

async function credentials({ environment }: CommandContext): Promise<Finding> {
  // What is wrong with the settings is told beside it.
  const user = await userModels(environment).catch(() => ({}));
  const { found, how } = await findCredentials(environment, roleModel({}, 'worker', user).baseUrl);
  return found
    ? { subject: 'model', state: 'ok', found: how }
    : {
        subject: 'model',
        state: 'warning',
        found: how,
        next: 'For agents: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for a local server. Codemods and commands need none.',
      };
}

async function settings({ environment }: CommandContext): Promise<Finding> {
  const subject = 'settings';
  const path = userSettingsPath(environment);
  try {
    const read = await readUserSettings(environment);
    if (read !== undefined) {
      parseUserSettings(read.text, read.path);
      return { subject, state: 'ok', found: read.path };
    }
    if (path !== undefined) return { subject, state: 'ok', found: `none (${path})` };
    const next = 'Set HOME or XDG_CONFIG_HOME to an absolute path to have settings.';
    return { subject, state: 'warning', found: 'no home folder', next };
  } catch (error) {
    const next = error instanceof FanfoldError ? error.next : undefined;
    return { subject, state: 'missing', found: messageOf(error), ...(next === undefined ? {} : { next }) };
  }
}

async function disk(folder: string): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const found = `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free`;
    if (bavail * bsize >= enoughDiskBytes) return { subject: 'disk', state: 'ok', found };
    return { subject: 'disk', state: 'warning', found, next: 'Free some space: every worktree is a checkout.' };
  } catch (error) {
    return { subject: 'disk', state: 'warning', found: messageOf(error) };
  }
}

/** The first line a command prints, empty when it fails. */
async function firstLine(command: string | readonly [string, ...string[]], folder: string): Promise<string> {
  const ended = await runCommand({
    command,
    folder,
    environment: commandEnvironment(process.env),
    signal: AbortSignal.timeout(10_000),
    stdoutLimitBytes: 10_000,
  });
  return ended.exitCode === 0 ? (ended.stdout?.split('\n')[0]?.trim() ?? '') : '';
}
