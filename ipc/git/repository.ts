import { realpath } from 'node:fs/promises';
import { FanfoldError } from '../../tasks/index.ts';
import { type GitSetting, gitText, runGit } from './run-git.ts';

/** A git repository to work on, and what every call on it needs. */
export interface Repository {
  /** Absolute path of the working tree's top folder. */
  top: string;
  /** Absolute path of the common git folder (objects, refs), the same for all worktrees. */
  commonFolder: string;
  /** `sha1` or `sha256`. */
  objectFormat: string;
  /** How files are written and compared here (line ends, modes, ignored files), for calls in a private git folder. */
  settings: GitSetting[];
  /** `Name <mail>` for commits: the user's own, or Fanfold's where git knows none. */
  identity: string;
}

const questions = [
  ['--show-toplevel'],
  ['--path-format=absolute', '--git-common-dir'],
  ['--show-object-format'],
] as const;

/** As git prints their names. None of them names a command. */
const fileSettings = [
  'core.autocrlf',
  'core.eol',
  'core.filemode',
  'core.symlinks',
  'core.ignorecase',
  'core.precomposeunicode',
  'core.longpaths',
  'core.excludesfile',
  'core.attributesfile',
];

/** The repository that holds `folder`, or undefined where there is none. */
export async function openRepository(folder: string): Promise<Repository | undefined> {
  const [described, configured] = await Promise.all([
    runGit(['rev-parse', ...questions.flat()], { cwd: folder, accept: [128] }),
    runGit(['config', '-z', '--get-regexp', `^(${[...fileSettings, 'user.name', 'user.email'].join('|')})$`], {
      cwd: folder,
      accept: [1, 128],
    }),
  ]);
  if (described.exitCode !== 0) {
    if (/not a git repository/i.test(described.stderr)) return undefined;
    throw new FanfoldError({
      code: 'repository-invalid',
      message: `The folder ${folder} can't be used as a git repository: ${described.stderr}`,
      next: 'Name the working tree of a repository you own with --repo.',
    });
  }
  const lines = described.stdout.toString().split('\n').slice(0, -1);
  // A path with a line break in it: only asked for alone is it told from the next answer.
  const answers = lines.length === questions.length ? lines : await askOneByOne(folder);
  const [top = '', commonFolder = '', objectFormat = 'sha1'] = answers;
  const entries = configured.stdout
    .toString()
    .split('\0')
    .filter(Boolean)
    .map((entry): GitSetting => {
      const lineEnd = entry.indexOf('\n');
      return lineEnd < 0 ? [entry, 'true'] : [entry.slice(0, lineEnd), entry.slice(lineEnd + 1)];
    });
  const configuration = new Map(entries);
  return {
    top: await realpath(top),
    commonFolder: await realpath(commonFolder),
    objectFormat,
    settings: [...configuration].filter(([key]) => key.startsWith('core.')),
    identity: identityOf(configuration),
  };
}

function askOneByOne(folder: string): Promise<string[]> {
  return Promise.all(questions.map((question) => gitText(['rev-parse', ...question], { cwd: folder })));
}

function identityOf(configuration: ReadonlyMap<string, string>): string {
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
