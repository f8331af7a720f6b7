import { FanfoldError } from '../../tasks/index.ts';
import type { Repository } from './repository.ts';
import { runGit } from './run-git.ts';

/** A regular file, executable or symbolic link of a commit's tree. */
export interface TreeEntry {
  /** `100644`, `100755` or `120000`. */
  mode: string;
  object: string;
  /** Relative to the repository's top, with `/`. */
  path: string;
}

/** Every file of a commit, in git's order. Submodules are left out. */
export async function listTree(repository: Repository, commit: string, signal?: AbortSignal): Promise<TreeEntry[]> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', commit], {
    cwd: repository.top,
    ...(signal === undefined ? {} : { signal }),
  });
  const entries: TreeEntry[] = [];
  for (const line of stdout.toString().split('\0')) {
    const tab = line.indexOf('\t');
    if (tab < 0) continue;
    const [mode = '', type, object = ''] = line.slice(0, tab).split(' ');
    if (type === 'blob') entries.push({ mode, object, path: line.slice(tab + 1) });
  }
  return entries;
}

/** The contents of blobs, in the order asked for. One process for all of them. */
export async function readBlobs(
  repository: Repository,
  objects: readonly string[],
  signal?: AbortSignal,
): Promise<Buffer[]> {
  if (objects.length === 0) return [];
  const { stdout } = await runGit(['cat-file', '--batch', '--buffer'], {
    cwd: repository.top,
    input: `${objects.join('\n')}\n`,
    ...(signal === undefined ? {} : { signal }),
  });
  const blobs: Buffer[] = [];
  let position = 0;
  for (const object of objects) {
    const lineEnd = stdout.indexOf(0x0a, position);
    const [, type, size] = stdout.toString('latin1', position, lineEnd).split(' ');
    if (type !== 'blob') {
      throw new FanfoldError({
        code: 'git-failed',
        message: `The object ${object} is missing from ${repository.top}.`,
        next: 'Check the repository with `git fsck`; in a partial clone fetch the missing objects first.',
      });
    }
    const start = lineEnd + 1;
    blobs.push(stdout.subarray(start, start + Number(size)));
    position = start + Number(size) + 1;
  }
  return blobs;
}

/** The text of one file at a commit, or undefined when it is not there. */
export async function readFileAt(repository: Repository, commit: string, path: string): Promise<string | undefined> {
  const { stdout, exitCode } = await runGit(['cat-file', 'blob', `${commit}:${path}`], {
    cwd: repository.top,
    accept: [128],
  });
  return exitCode === 0 ? stdout.toString() : undefined;
}

/** Paths that differ between two commits. */
export async function changedPaths(repository: Repository, from: string, to: string): Promise<string[]> {
  const { stdout } = await runGit(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to], {
    cwd: repository.top,
  });
  return stdout.toString().split('\0').filter(Boolean);
}
