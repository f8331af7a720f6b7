import {
  commitChanges,
  type FileChange,
  type Repository,
  readBlobs,
  type TreeEntry,
  type Worktree,
} from '../../ipc/index.ts';
import type { Workspace } from './workspace.ts';
import type { WorktreePool } from './worktree-pool.ts';

export interface ObjectWorkspaceOptions {
  repository: Repository;
  worktrees: WorktreePool;
  base: string;
  /** Every file of the base. */
  entries: readonly TreeEntry[];
  /** An absolute path that does not exist yet. */
  scratch: string;
  signal: AbortSignal;
}

/**
 * Git objects alone, for pure transforms: blobs are read and written without a checkout. Only checks need a folder;
 * they get a worktree at the commit that the transform made.
 */
export function openObjectWorkspace(options: ObjectWorkspaceOptions): Workspace {
  const { repository, worktrees, base, scratch, signal } = options;
  const entries = new Map(options.entries.filter(isRegular).map((entry) => [entry.path, entry]));
  const entryAt = (path: string): TreeEntry => {
    const entry = entries.get(path);
    if (entry === undefined) throw new RangeError(`${path} is no file of ${base}`);
    return entry;
  };
  const changes: FileChange[] = [];
  let checkout: Worktree | undefined;
  return {
    root: undefined,
    base,
    files: {
      list: async () => [...entries.keys()],
      read: (paths) =>
        readBlobs(
          repository,
          paths.map((path) => entryAt(path).object),
          signal,
        ),
      async write(written) {
        for (const { path, content } of written) changes.push({ path, content, mode: entryAt(path).mode });
      },
    },
    async snapshot(message) {
      const changedFiles = changes.map(({ path }) => path).sort();
      if (changes.length === 0) return { changedFiles };
      return { changedFiles, commit: await commitChanges(repository, { base, changes, message, scratch, signal }) };
    },
    // What checks see is a checkout of its own.
    restore: async () => {},
    async forChecks({ commit }) {
      checkout ??= await worktrees.acquire(commit ?? base, signal);
      return checkout.root;
    },
    async [Symbol.asyncDispose]() {
      if (checkout !== undefined) await worktrees.release(checkout);
    },
  };
}

function isRegular({ mode }: TreeEntry): boolean {
  return mode === '100644' || mode === '100755';
}
