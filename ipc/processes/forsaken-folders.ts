/**
 * Folders of a process outside the repository: doorbells, and git folders that are thrown away after a call. They are
 * named after their process, so that what a killed one left is found by others. Removed by who clears away after it.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isProcessGone, processIdentity } from '../doorbell/process-identity.ts';

/** Where such folders are made; the first that can be used is. */
export function temporaryParents(): string[] {
  const parents = [process.env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'];
  return [...new Set(parents.flatMap((parent) => (parent !== undefined && isAbsolute(parent) ? [parent] : [])))];
}

/** How such a folder is named, up to the six random characters that mkdtemp adds. */
export function temporaryFolderPrefix(purpose?: 'git'): string {
  return `fanfold-${purpose === undefined ? '' : `${purpose}-`}${processIdentity()}-`;
}

/** Absolute paths of this user's folders whose process is certainly gone. */
export function findForsakenFolders(): string[] {
  return foldersOf(isProcessGone);
}

function foldersOf(isWanted: (owner: string) => boolean): string[] {
  const user = process.getuid?.();
  return temporaryParents().flatMap((parent) => {
    const forsaken = namesIn(parent).filter((name) => {
      const owner = /^fanfold-(?:git-)?([0-9.]+)-[a-zA-Z0-9]{6}$/.exec(name)?.[1];
      return owner !== undefined && isWanted(owner);
    });
    return forsaken.map((name) => join(parent, name)).filter((path) => isFolderOf(path, user));
  });
}

export function removeForsakenFolders(): void {
  removeAll(findForsakenFolders());
}

/** Those of this process, when it ends: threads that died or were ended by force left theirs. */
export function removeOwnFolders(): void {
  const own = processIdentity();
  removeAll(foldersOf((owner) => owner === own));
}

function removeAll(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // What can't be removed is none of the caller's business: it is found again the next time.
    }
  }
}

function isFolderOf(path: string, user: number | undefined): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (user === undefined || found.uid === user);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
