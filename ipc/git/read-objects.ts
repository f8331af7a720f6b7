import { isUtf8 } from 'node:buffer';
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

/**
 * Every file of a commit, in git's order. Left out are submodules, and files whose names are not UTF-8: text can't
 * name them, so they stay as they are.
 */
export async function listTree(repository: Repository, commit: string, signal?: AbortSignal): Promise<TreeEntry[]> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', commit], {
    cwd: repository.top,
    ...(signal === undefined ? {} : { signal }),
  });
  const entries: TreeEntry[] = [];
  const nameable = isUtf8(stdout);
  // Latin-1 gives each byte a character, so that a name can be judged by its bytes.
  for (const line of stdout.toString(nameable ? 'utf8' : 'latin1').split('\0')) {
    const tab = line.indexOf('\t');
    if (tab < 0) continue;
    const path = nameable ? line.slice(tab + 1) : decodeName(Buffer.from(line.slice(tab + 1), 'latin1'));
    if (path === undefined) continue;
    const [mode = '', type, object = ''] = line.slice(0, tab).split(' ');
    if (type === 'blob') entries.push({ mode, object, path });
  }
  return entries;
}

function decodeName(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
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

export interface ChangedEntry {
  path: string;
  /** `000000` where there was nothing, `160000` for a submodule. */
  modeBefore: string;
  modeAfter: string;
  objectBefore: string;
}

/** What differs between two commits or trees. */
export async function changedEntries(repository: Repository, from: string, to: string): Promise<ChangedEntry[]> {
  const { stdout } = await runGit(['diff-tree', '-r', '-z', '--raw', '--no-renames', from, to], {
    cwd: repository.top,
  });
  const fields = stdout.toString().split('\0');
  const entries: ChangedEntry[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [modeBefore = '', modeAfter = '', objectBefore = ''] = (fields[at] ?? '').slice(1).split(' ');
    entries.push({ path: fields[at + 1] ?? '', modeBefore, modeAfter, objectBefore });
  }
  return entries;
}

/** Paths that differ between two commits. */
export async function changedPaths(repository: Repository, from: string, to: string): Promise<string[]> {
  return (await changedEntries(repository, from, to)).map(({ path }) => path);
}
