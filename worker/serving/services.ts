/**
 * What the subtasks of one worker thread share: the repository, its worktrees, listings of trees. Made once per thread
 * by serve.ts, disposed when the thread stops serving.
 */
import {
  joinLedger,
  listTree,
  type Need,
  type Repository,
  type StateFolder,
  stateFolder,
  type TreeEntry,
  type WorkerInput,
} from '../../ipc/index.ts';
import type { AgentDefinition } from '../../tasks/index.ts';
import { runAccount } from '../agent/model/budget/accounts.ts';
import { paidModels } from '../agent/model/budget/paid-models.ts';
import type { Spending } from '../agent/model/budget/spending.ts';
import { createModelSource, type ModelSource } from '../agent/model/model-source.ts';
import { withRecordedTraffic } from '../agent/model/recorded-traffic.ts';
import { createPromptWatch, type PromptWatch } from '../agent/prompt/watch-prompts.ts';
import { type BaseChecks, createBaseChecks } from '../checks/base-checks.ts';
import type { CodemodRulesCache } from '../executors/codemod/remembered-rules.ts';
import { createWorktreePool, type WorktreePool } from '../workspace/worktree-pool.ts';

export interface WorkerServices extends AsyncDisposable {
  worker: string;
  state: StateFolder;
  /** Undefined outside git. */
  repository: Repository | undefined;
  /** Present exactly where `repository` is. */
  worktrees: WorktreePool | undefined;
  /** Definitions that the plan has. */
  agents: readonly AgentDefinition[];
  /** Models whose agents share connections and credentials. */
  models: ModelSource;
  /** Of the assignment that these services are for; absent outside of one. */
  spending?: Spending;
  /** Which checks fail on commits that nobody has worked on. */
  baseChecks: BaseChecks;
  /** What its agents know of the prompt cache. */
  prompts: PromptWatch;
  /** Rules that were loaded already; see the codemod executor. */
  codemodRules: CodemodRulesCache;
  /** Every file of a commit; the last few listings are kept, since siblings start from the same base. */
  treeOf(commit: string): Promise<TreeEntry[]>;
}

export interface ServicesInput
  extends Pick<WorkerInput, 'folder' | 'repository' | 'run' | 'worker' | 'record' | 'ledger'> {
  planned?: Pick<WorkerInput['planned'], 'agents'>;
  /** Where the ledger holds what a coordinator elsewhere has granted: asks it for more. */
  onNeed?: (need: Need) => void;
}

const keptListings = 4;

export function createWorkerServices({
  folder,
  repository,
  run,
  worker,
  record,
  ledger,
  planned,
  onNeed,
}: ServicesInput): WorkerServices {
  const state = stateFolder(folder);
  const worktrees = repository === undefined ? undefined : createWorktreePool(repository, state, { run, worker });
  const source = withRecordedTraffic(createModelSource(), { record });
  const paying = ledger === undefined ? undefined : joinLedger(ledger, worker, onNeed === undefined ? {} : { onNeed });
  const isWhole = onNeed === undefined;
  const models = paying === undefined ? source : paidModels(source, { accounts: [runAccount(paying, { isWhole })] });
  const listings = new Map<string, Promise<TreeEntry[]>>();
  return {
    worker,
    state,
    repository,
    worktrees,
    agents: planned?.agents ?? [],
    models,
    baseChecks: createBaseChecks(worktrees),
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
      paying?.leave();
      await Promise.all([models[Symbol.asyncDispose](), worktrees?.[Symbol.asyncDispose]()]);
    },
  };
}
