/**
 * Names what a worktree holds: a commit on its base, made through a private index so that the attempt's own does not
 * matter. Called by the worker when an attempt has ended, and by salvage.ts for one whose worker is gone.
 */
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfoldError, isStatePath } from '../../tasks/index.ts';
import { commitTree } from '../git/merge-commits.ts';
import { type ChangedEntry, changedEntries } from '../git/read-objects.ts';
import type { Repository } from '../git/repository.ts';
import { type GitOptions, gitText, runGit } from '../git/run-git.ts';
import { untouchedEntries } from './untouched-entries.ts';
import { insideWorktree, openIndex, type Worktree } from './worktree-index.ts';

const submoduleMode = '160000';
/** It looks at what the attempt left, and a pipe in place of a .gitignore would make it wait for ever. */
const addLimitMs = 120_000;

/**
 * `commit` where something changed. FanfoldError `workspace-failed` for a repository made inside, `git-failed` for what
 * git refuses.
 */
export async function snapshotWorktree(
  repository: Repository,
  worktree: Worktree,
  { base, message }: { base: string; message: string },
): Promise<{ changedFiles: string[]; commit?: string }> {
  using index = await openIndex(repository, worktree);
  const options = insideWorktree(repository, worktree, index.folder);
  const submodules = await filledSubmodules(index.folder.index, worktree.root, options);
  await addAll(submodules, options);
  const added = await gitText(['write-tree'], options);
  const differing = await changedEntries(repository, base, added);
  const leftOut = await untouchedEntries(worktree, index, differing);
  // In a commit they would become runs of everybody who checks it out.
  for (const entry of differing) if (isStatePath(entry.path)) leftOut.add(entry);
  const changes = differing.filter((entry) => !leftOut.has(entry));
  const nested = changes.find(({ modeBefore, modeAfter }) => modeAfter === submoduleMode && modeBefore !== modeAfter);
  if (nested !== undefined) throw nestedRepository(nested.path);
  const changedFiles = changes.map(({ path }) => path);
  if (changedFiles.length === 0) return { changedFiles };
  const tree = leftOut.size === 0 ? added : await restore(leftOut, options);
  return { changedFiles, commit: await commitTree(repository, { tree, parents: [base], message }) };
}

/** The tree with entries of the base as they were. */
async function restore(entries: ReadonlySet<ChangedEntry>, options: GitOptions): Promise<string> {
  const input = [...entries].map(({ modeBefore, objectBefore, path }) => `${modeBefore} ${objectBefore}\t${path}\0`);
  await runGit(['update-index', '-z', '--index-info'], { ...options, input: input.join('') });
  return gitText(['write-tree'], options);
}

async function addAll(leftOut: readonly string[], options: GitOptions): Promise<void> {
  const without = leftOut.map((path) => `:(exclude,literal)${path}`);
  try {
    await runGit(['add', '--all', '--', '.', ...without], { ...options, limitMs: addLimitMs });
  } catch (error) {
    const words = error instanceof FanfoldError ? String(error.data?.['stderr']) : '';
    const [, empty] = /'(.*?)\/?' does not have a commit checked out/.exec(words) ?? [];
    throw empty === undefined ? error : nestedRepository(empty);
  }
}

/**
 * Submodules of the base that the attempt filled. They stay at their commit: looking into them would make git start
 * another git there, which obeys the configuration found in them.
 */
async function filledSubmodules(index: string, root: string, options: GitOptions): Promise<string[]> {
  // Every index holds its modes as four bytes; where these are nowhere, no submodule is.
  if (!(await readFile(index)).includes(Buffer.from([0, 0, 0xe0, 0]))) return [];
  const listing = await gitText(['ls-files', '--stage', '-z'], options);
  const filled: string[] = [];
  for (const line of listing.split('\0')) {
    if (!line.startsWith(submoduleMode)) continue;
    const path = line.slice(line.indexOf('\t') + 1);
    const inside = await lstat(join(root, path, '.git')).catch(() => undefined);
    if (inside !== undefined) filled.push(path);
  }
  return filled;
}

function nestedRepository(path: string): FanfoldError {
  return new FanfoldError({
    code: 'workspace-failed',
    message: `The subtask made a git repository in ${path}: its files can't be committed to this one.`,
    next: `Let the subtask remove ${path}/.git when it is done, or not run \`git init\` or \`git clone\` there.`,
    data: { path },
  });
}
