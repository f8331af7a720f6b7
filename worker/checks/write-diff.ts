/**
 * The changes of a piece of work as text, for whoever judges it: nothing that the repository names is run for it.
 * Written to a file by git itself, since it can be larger than memory should hold.
 */
import { createWriteStream } from 'node:fs';
import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type GitSetting, type Repository, runGit } from '../../ipc/index.ts';

/** The same bytes everywhere, whatever the settings of git on a machine and in a repository say. */
const plain = [
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--no-renames',
  '--no-relative',
  '--indent-heuristic',
  '--submodule=short',
  '--ignore-submodules=none',
  '--diff-algorithm=myers',
  '--full-index',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--unified=3',
  '--inter-hunk-context=0',
  '-O/dev/null',
];
/** What has no option. */
const settings: readonly GitSetting[] = [
  ['diff.suppressBlankEmpty', 'false'],
  ['core.attributesFile', '/dev/null'],
];
/** Of a copy: each file takes a process. */
const mostFiles = 500;
const longestFileBytes = 5_000_000;

/** Between two commits. */
export async function writeCommitDiff(
  repository: Repository,
  { from, to }: { from: string; to: string },
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await runGit(['diff', ...plain, `--output=${path}`, from, to, '--'], { cwd: repository.top, settings, signal });
}

/** Between a folder and a copy of it, for the files that were changed there. */
export async function writeCopyDiff(
  { original, copy, changedFiles }: { original: string; copy: string; changedFiles: readonly string[] },
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    for (const file of changedFiles.slice(0, mostFiles)) {
      signal.throwIfAborted();
      stream.write(`diff --git a/${file} b/${file}\n${await changesOf(file, { original, copy }, signal)}`);
    }
    const left = changedFiles.length - mostFiles;
    if (left > 0) stream.write(`(${left} more changed files are not shown)\n`);
  } finally {
    stream.end();
    await finished(stream);
  }
}

export async function writeNoDiff(path: string): Promise<void> {
  await writeFile(path, '', { flag: 'wx', mode: 0o600 });
}

async function changesOf(
  file: string,
  { original, copy }: { original: string; copy: string },
  signal: AbortSignal,
): Promise<string> {
  const before = await textFile(join(original, file));
  const after = await textFile(join(copy, file));
  if (before === 'other' || after === 'other') return '(not shown: a link, a folder or a large file)\n';
  const names = [before ?? '/dev/null', after ?? '/dev/null'];
  if (names[0] === names[1]) return '';
  const args = ['diff', '--no-index', ...plain, '--', ...names];
  // In a folder of the work, git would obey a configuration that the work has put there, filters included.
  const { stdout } = await runGit(args, { cwd: '/', settings, signal, accept: [1] });
  const text = stdout.toString();
  const hunks = text.indexOf('\n@@ ');
  if (hunks < 0) return text === '' ? '' : '(not text)\n';
  const name = (side: string, path: string | undefined) => (path === undefined ? '/dev/null' : `${side}/${file}`);
  return `--- ${name('a', before)}\n+++ ${name('b', after)}${text.slice(hunks)}`;
}

/** The path of a regular file that is not too large; undefined where there is nothing. */
async function textFile(path: string): Promise<string | 'other' | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isFile() && found.size <= longestFileBytes ? path : 'other';
}
