import { realpath } from 'node:fs/promises';
import { FanfoldError } from '../../tasks/index.ts';
import { gitText, runGit } from './run-git.ts';

/** A git repository to work on, and what every call on it needs. */
export interface Repository {
  /** Absolute path of the working tree's top folder. */
  top: string;
  /** Absolute path of the common git folder (objects, refs), the same for all worktrees. */
  commonFolder: string;
  /** `sha1` or `sha256`. */
  objectFormat: string;
  /** `-c` settings that switch off the filter commands this repository's configuration defines. */
  settings: string[];
  /** `Name <mail>` for commits: the user's own, or Fanfold's where git knows none. */
  identity: string;
}

/** The repository that holds `folder`, or undefined where there is none. */
export async function openRepository(folder: string): Promise<Repository | undefined> {
  const [described, configured] = await Promise.all([
    runGit(['rev-parse', '--show-toplevel', '--path-format=absolute', '--git-common-dir', '--show-object-format'], {
      cwd: folder,
      accept: [128],
    }),
    runGit(['config', '-z', '--get-regexp', '^(filter\\..*|user\\.(name|email))$'], { cwd: folder, accept: [1, 128] }),
  ]);
  if (described.exitCode !== 0) {
    if (/not a git repository/i.test(described.stderr)) return undefined;
    throw new FanfoldError({
      code: 'repository-invalid',
      message: `The folder ${folder} can't be used as a git repository: ${described.stderr}`,
      next: 'Name the working tree of a repository you own with --repo.',
    });
  }
  const [top = '', commonFolder = '', objectFormat = 'sha1'] = described.stdout.toString().split('\n');
  const entries = configured.stdout
    .toString()
    .split('\0')
    .filter(Boolean)
    .map((entry) => entry.split('\n', 2) as [string, string | undefined]);
  return {
    top: await realpath(top),
    commonFolder: await realpath(commonFolder),
    objectFormat,
    settings: switchedOffFilters(entries.map(([key]) => key)),
    identity: identityOf(new Map(entries)),
  };
}

function switchedOffFilters(keys: readonly string[]): string[] {
  const names = new Set(keys.map((key) => /^filter\.(.*)\.[^.]+$/.exec(key)?.[1]).filter((name) => name !== undefined));
  return [...names].flatMap((name) => [
    `filter.${name}.clean=`,
    `filter.${name}.smudge=`,
    `filter.${name}.process=`,
    `filter.${name}.required=false`,
  ]);
}

function identityOf(configuration: ReadonlyMap<string, string | undefined>): string {
  const clean = (text: string) => text.replace(/[<>\n\0]/g, '').trim();
  const name = clean(process.env['GIT_AUTHOR_NAME'] ?? configuration.get('user.name') ?? '');
  const mail = clean(process.env['GIT_AUTHOR_EMAIL'] ?? configuration.get('user.email') ?? '');
  return name && mail ? `${name} <${mail}>` : 'Fanfold <fanfold@localhost>';
}

/** Variables that make git commit under this identity. */
export function identityEnvironment(identity: string): Record<string, string> {
  const [, name = 'Fanfold', mail = 'fanfold@localhost'] = /^(.*) <(.*)>$/.exec(identity) ?? [];
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: mail, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: mail };
}

/** The commit id of a commit-ish; FanfoldError `base-unknown` when there is none. */
export async function resolveCommit(repository: Repository, commitish: string): Promise<string> {
  const { stdout, exitCode } = await runGit(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commitish}^{commit}`],
    { cwd: repository.top, accept: [1, 128] },
  );
  if (exitCode === 0) return stdout.toString().trim();
  const branches = await gitText(['for-each-ref', '--count=8', '--format=%(refname:short)', 'refs/heads'], {
    cwd: repository.top,
  });
  throw new FanfoldError({
    code: 'base-unknown',
    message: `The base ${JSON.stringify(commitish)} names no commit of ${repository.top}.`,
    next: branches
      ? `Name a commit, tag or branch that exists, for instance ${branches.split('\n').join(', ')}.`
      : 'The repository has no commit yet: commit something first.',
  });
}
