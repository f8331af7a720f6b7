/**
 * What the subtasks of one worker thread share: the repository, its worktrees, listings of trees. Made once per thread
 * by serve.ts, disposed when the thread stops serving.
 */
import {
  listTree,
  type Repository,
  type StateFolder,
  stateFolder,
  type TreeEntry,
  type WorkerInput,
} from '../ipc/index.ts';
import { createModelSource, type ModelSource } from './agent/model/model-source.ts';
import { withRecordedTraffic } from './agent/model/recorded-traffic.ts';
import { createPromptWatch, type PromptWatch } from './agent/prompt/watch-prompts.ts';
import type { CodemodRulesCache } from './executors/codemod/remembered-rules.ts';
import { createWorktreePool, type WorktreePool } from './workspace/worktree-pool.ts';

export interface WorkerServices extends AsyncDisposable {
  worker: string;
  state: StateFolder;
  /** Undefined outside git. */
  repository: Repository | undefined;
  /** Present exactly where `repository` is. */
  worktrees: WorktreePool | undefined;
  /** Models whose agents share connections and credentials. */
  models: ModelSource;
  /** What its agents know of the prompt cache. */
  prompts: PromptWatch;
  /** Rules that were loaded already; see the codemod executor. */
  codemodRules: CodemodRulesCache;
  /** Every file of a commit; the last few listings are kept, since siblings start from the same base. */
  treeOf(commit: string): Promise<TreeEntry[]>;
}

const keptListings = 4;

export function createWorkerServices({
  folder,
  repository,
  run,
  worker,
  record,
}: Pick<WorkerInput, 'folder' | 'repository' | 'run' | 'worker' | 'record'>): WorkerServices {
  const state = stateFolder(folder);
  const worktrees = repository === undefined ? undefined : createWorktreePool(repository, state, { run, worker });
  const models = withRecordedTraffic(createModelSource(), { record });
  const listings = new Map<string, Promise<TreeEntry[]>>();
  return {
    worker,
    state,
    repository,
    worktrees,
    models,
    prompts: createPromptWatch(),
    codemodRules: new Map(),
    treeOf(commit) {
      if (repository === undefined) return Promise.resolve([]);
      const known = listings.get(commit);
      if (known !== undefined) return known;
      const listing = listTree(repository, commit);
      listings.set(commit, listing);
      listing.catch(() => listings.delete(commit));
      for (const oldest of listings.keys()) {
        if (listings.size <= keptListings) break;
        listings.delete(oldest);
      }
      return listing;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([models[Symbol.asyncDispose](), worktrees?.[Symbol.asyncDispose]()]);
    },
  };
}
