/**
 * Brings recorded changes of a copy into the folder itself; called by the coordinator. Promise: a path that is not as
 * it was when the copy was made (nor already as wanted) is a conflict, and then nothing is written. Calls may overlap:
 * contents are read and judged first, then, without giving way to other work, looked at once more and put in place.
 */
import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FanfoldError, isStatePath } from '../../tasks/index.ts';
import { readFileState, sameFileState } from './file-state.ts';
import { changedFile, type FolderChange, readFolderChanges } from './folder-changes.ts';

/** A change, with its new content ready beside the attempt's. */
interface Staged extends FolderChange {
  target: string;
  content: string;
}

/** FanfoldError `path-outside-workspace` for a symbolic link that would lead out of the folder. */
export async function applyFolderChanges(attempt: string, folder: string): Promise<{ conflictedFiles: string[] }> {
  const root = realpathSync(folder);
  const changes = await readFolderChanges(attempt);
  const staging = await stagingFolder(attempt);
  try {
    const staged = await stage(changes, { attempt, root, staging });
    for (;;) {
      const seen = staged.map(({ target }) => identity(target));
      const conflictedFiles = await conflicts(staged, root);
      if (conflictedFiles.length > 0) return { conflictedFiles };
      // Another call may have written while this one was reading.
      if (staged.some(({ target }, index) => identity(target) !== seen[index])) continue;
      refuseLinksOut(staged, root);
      put(staged);
      return { conflictedFiles };
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function stagingFolder(attempt: string): Promise<string> {
  await mkdir(join(attempt, 'changes'), { recursive: true, mode: 0o700 });
  return mkdtemp(join(attempt, 'changes', 'staged-'));
}

async function stage(
  changes: readonly FolderChange[],
  { attempt, root, staging }: { attempt: string; root: string; staging: string },
): Promise<Staged[]> {
  const staged: Staged[] = [];
  for (const [index, change] of changes.entries()) {
    const content = join(staging, String(index));
    if (change.after?.kind === 'file') {
      await copyFile(changedFile(attempt, change.path), content);
      await chmod(content, change.after.mode);
    }
    staged.push({ ...change, target: join(root, change.path), content });
  }
  return staged;
}

async function conflicts(staged: readonly Staged[], root: string): Promise<string[]> {
  const removed = new Set(staged.filter(({ after }) => after === null).map(({ target }) => target));
  const found: string[] = [];
  for (const { path, target, before, after } of staged) {
    const now = await readFileState(target);
    const expected = sameFileState(now, before) || sameFileState(now, after);
    if (!expected || !leadsInside(root, target) || !canTakeFile(target, after === null, removed)) found.push(path);
  }
  return found;
}

/** False when a symbolic link on the way would carry the write out of the folder, or into Fanfold's own. */
function leadsInside(root: string, target: string): boolean {
  for (let parent = dirname(target); parent.length >= root.length; parent = dirname(parent)) {
    if (look(parent) === undefined) continue;
    try {
      const real = realpathSync(parent);
      return isInside(root, real) && !isStatePath(relative(root, real));
    } catch {
      return false;
    }
  }
  return false;
}

/** A file may take the place of a folder only when every file in there goes. */
function canTakeFile(target: string, goes: boolean, removed: ReadonlySet<string>): boolean {
  const found = look(target);
  if (goes || found === undefined || found.isFile() || found.isSymbolicLink()) return true;
  if (!found.isDirectory()) return false;
  return readdirSync(target, { recursive: true, withFileTypes: true }).every(
    (entry) => entry.isDirectory() || removed.has(join(entry.parentPath, entry.name)),
  );
}

function refuseLinksOut(staged: readonly Staged[], root: string): void {
  for (const { path, target, after } of staged) {
    if (after?.kind !== 'link') continue;
    if (!isAbsolute(after.target) && isInside(root, resolve(dirname(target), after.target))) continue;
    throw new FanfoldError({
      code: 'path-outside-workspace',
      message: `The symbolic link ${path} leads to ${after.target}, outside the folder.`,
      next: 'Let the subtask make links that are relative and stay inside, or copy the file.',
      data: { path, target: after.target },
    });
  }
}

/** Synchronous on purpose: nothing comes between the last look and the writes. */
function put(staged: readonly Staged[]): void {
  for (const { target, after } of staged) {
    if (after === null && look(target)?.isDirectory() !== true) {
      rmSync(target, { force: true });
    }
  }
  for (const { target, content, after } of staged) {
    if (after === null) continue;
    mkdirSync(dirname(target), { recursive: true });
    if (look(target)?.isDirectory() === true) removeEmptyFolders(target);
    if (after.kind === 'link') placeLink(after.target, target);
    else placeFile(content, target, after.mode);
  }
}

function placeLink(leadsTo: string, target: string): void {
  const beside = nameBeside(target);
  symlinkSync(leadsTo, beside);
  renameSync(beside, target);
}

function placeFile(content: string, target: string, mode: number): void {
  try {
    renameSync(content, target);
  } catch (error) {
    // The target may be on another file system.
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const beside = nameBeside(target);
    copyFileSync(content, beside);
    chmodSync(beside, mode);
    renameSync(beside, target);
  }
}

function nameBeside(target: string): string {
  return `${target}.fanfold-${randomBytes(6).toString('hex')}`;
}

function removeEmptyFolders(folder: string): void {
  for (const name of readdirSync(folder)) removeEmptyFolders(join(folder, name));
  rmdirSync(folder);
}

/** Changes whenever a path is written, replaced or removed. */
function identity(path: string): string {
  const found = look(path);
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.mode}`;
}

/** Undefined where there is nothing, be it for want of a folder on the way. */
function look(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}
