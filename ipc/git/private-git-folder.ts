/**
 * A throw-away git folder of Fanfold's own over a repository's objects, for every git call that checks out, adds or
 * merges files. Git finds no configuration of the repository in it, so filters, merge drivers, hooks, monitors and
 * promisor remotes that the repository defines do not exist there, under whatever name. Called by merge-commits.ts,
 * write-commit.ts and the worker's worktrees. Disposing removes it.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolderPrefix } from '../processes/forsaken-folders.ts';
import type { Repository } from './repository.ts';

export interface PrivateGitFolder extends Disposable {
  path: string;
  /** Where git keeps the index while this folder is in use; absent at first. */
  index: string;
  /** For runGit: point git at this folder, the repository's objects and, if named, a working tree. */
  environment: Record<string, string>;
}

/** Synchronous, since five small files cost a fraction of the git call that follows, and less so than asynchronously. */
export function openPrivateGitFolder(repository: Repository, workTree?: string): PrivateGitFolder {
  const path = mkdtempSync(join(tmpdir(), temporaryFolderPrefix('git')));
  const { commonFolder } = repository;
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    mkdirSync(join(path, 'refs'));
    writeFileSync(join(path, 'HEAD'), 'ref: refs/heads/none\n');
    writeFileSync(join(path, 'config'), configurationOf(repository));
    // Patterns and the edge of a shallow clone are data; they hold here as they do in the repository.
    symlinkSync(join(commonFolder, 'info'), join(path, 'info'));
    symlinkSync(join(commonFolder, 'shallow'), join(path, 'shallow'));
  } catch (error) {
    remove();
    throw error;
  }
  return {
    path,
    index: join(path, 'index'),
    environment: {
      GIT_DIR: path,
      GIT_OBJECT_DIRECTORY: join(commonFolder, 'objects'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_NO_REPLACE_OBJECTS: '1',
      ...(workTree === undefined ? {} : { GIT_WORK_TREE: workTree }),
    },
    [Symbol.dispose]: remove,
  };
}

function configurationOf({ objectFormat }: Repository): string {
  if (objectFormat === 'sha1') return '[core]\n\trepositoryformatversion = 0\n';
  return `[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = ${objectFormat}\n`;
}
