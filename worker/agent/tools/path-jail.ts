/**
 * Binds an agent's tools to its workspace. Called by every tool that takes a path, at each call, right before the file
 * is touched. Promise: a path it lets through is symlink-free up to its last existing part, inside the workspace and
 * in no `.git` or `.fanfold`. Files must then be opened with O_NOFOLLOW. A shell command that swaps a folder for a symlink between
 * check and use is not stopped here; that takes a sandbox around the shell.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isGitPath, isStatePath } from '../../../tasks/index.ts';

type JailedPath =
  | {
      ok: true;
      /** With symlinks resolved. */
      absolute: string;
      /** The same relative to the workspace, with `/`; `.` for the workspace itself. */
      relative: string;
      /** As it was given, relative to the workspace, with `/`. Differs where a symlink was in it. */
      given: string;
    }
  | { ok: false; problem: string };

export interface PathJail {
  readonly root: string;
  /** Never throws. */
  resolve(path: string): JailedPath;
}

/** `root` must be absolute and symlink-free. */
export function createPathJail(root: string): PathJail {
  const inside = (path: string): string | undefined => {
    const rest = relative(root, path);
    return rest === '..' || rest.startsWith(`..${sep}`) || isAbsolute(rest)
      ? undefined
      : rest.split(sep).join('/') || '.';
  };
  return {
    root,
    resolve(path) {
      if (path === '' || path.includes('\0')) return refused(path, 'is not a path');
      const absolute = resolve(root, path);
      const given = inside(absolute);
      if (given === undefined) return refused(path, 'lies outside the workspace');
      const real = realPath(absolute);
      const inner = real === undefined ? undefined : inside(real);
      if (real === undefined || inner === undefined)
        return refused(path, 'leads out of the workspace through a symlink');
      if (isGitPath(given) || isGitPath(inner)) return refused(path, 'belongs to git');
      if (isStatePath(given) || isStatePath(inner)) return refused(path, 'belongs to Fanfold');
      return { ok: true, absolute: real, relative: inner, given };
    },
  };
}

function refused(path: string, why: string): JailedPath {
  return {
    ok: false,
    problem: `path-outside-workspace: ${JSON.stringify(path.slice(0, 500))} ${why}. Use a path relative to the workspace.`,
  };
}

/** Resolves what exists and appends the rest. Undefined for a symlink to nowhere: writing would follow it. */
function realPath(absolute: string): string | undefined {
  try {
    return realpathSync.native(absolute);
  } catch {
    if (exists(absolute)) return undefined;
    const parent = dirname(absolute);
    if (parent === absolute) return undefined;
    const realParent = realPath(parent);
    return realParent === undefined ? undefined : join(realParent, absolute.slice(parent.length));
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
