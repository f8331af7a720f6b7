/**
 * The merge queue: outcomes go onto the target branch in batches, judged by gates on the merged tree. Called by
 * dispatch.ts. Promise: the branch moves by compare-and-swap only, never to a tree whose gates failed; a conflict or a
 * failed gate costs its own subtask alone.
 */
import {
  checkedOutBranches,
  isAncestor,
  mergeCommits,
  moveBranch,
  type Repository,
  readBranch,
  readCommits,
} from '../../ipc/index.ts';
import { type CheckResult, type ErrorRecord, type EventInput, FanfoldError, toErrorRecord } from '../../tasks/index.ts';

export interface MergeItem {
  subtask: string;
  /** What the subtask committed. */
  commit: string;
  message: string;
}

export type MergeVerdict =
  | { status: 'landed'; commit: string }
  | { status: 'conflicted'; files: string[] }
  /** `failures` are the gates that failed, where it was they. */
  | { status: 'failed'; error: ErrorRecord; failures?: CheckResult[] };

export interface MergeQueueOptions {
  repository: Repository;
  branch: string;
  /** Where the branch is now (undefined: it does not exist) and the commit that merges start from. */
  start: { branch: string | undefined; tip: string };
  run: string;
  /**
   * Called with what lands next, before the branch moves; resolves when a later coordinator will know of it, and
   * rejects when this one may not move branches any more.
   */
  beforeLanding: (merge: { subtasks: string[]; onto: string; commit: string }) => Promise<void>;
  /** Judge a merged tree; an empty list means there is nothing to judge by. */
  gates: (commit: string, subtasks: readonly string[]) => Promise<CheckResult[]>;
  emit: (event: EventInput) => void;
}

export interface MergeQueue {
  /** Resolves when the item has landed or can't. Never rejects. */
  submit(item: MergeItem): Promise<MergeVerdict>;
  /** Land nothing more: what waits and what is submitted later fails with this. What a gate has passed still lands. */
  close(reason: FanfoldError): void;
  /** The newest verified commit: what later subtasks start from. */
  tip(): string;
  /**
   * Put the branch back to an older commit if its tree is the same: nothing has changed then, not even an id. False
   * where it is not, or where somebody else moved the branch. Called when nothing is waiting or under way.
   */
  returnTo(commit: string): Promise<boolean>;
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>;
  /** Present where it lands in rounds: see landing-rounds.ts. */
  rounds?: {
    /** Called when a subtask is settled: those that wait may be all there are. */
    look(): void;
    /** Land what waits, and from now on what comes as it comes. */
    end(): void;
  };
}

interface Waiting {
  item: MergeItem;
  resolve: (verdict: MergeVerdict) => void;
}

/** Outcomes judged by one gate at most; more would make the search for a guilty one long. */
const batchLimit = 64;

export function createMergeQueue(options: MergeQueueOptions): MergeQueue {
  const { repository, branch, run, gates, emit } = options;
  const waiting: Waiting[] = [];
  let branchAt = options.start.branch;
  let tip = options.start.tip;
  let working: Promise<void> | undefined;
  let closed: FanfoldError | undefined;

  async function work(): Promise<void> {
    while (waiting.length > 0) await landBatch(waiting.splice(0, batchLimit));
    working = undefined;
  }

  /** Merge, judge, land; on a failed gate halve the batch until the guilty one stands alone. */
  async function landBatch(batch: readonly Waiting[]): Promise<void> {
    const names = batch.map(({ item }) => item.subtask);
    if (closed !== undefined) {
      for (const { resolve } of batch) resolve({ status: 'failed', error: toErrorRecord(closed) });
      return;
    }
    emit({ type: 'merge-start', subtasks: names, onto: tip });
    const landed: string[] = [];
    try {
      const { candidate, merged } = await mergeAll(batch);
      if (merged.length === 0) return;
      const judged = merged.map(({ item }) => item.subtask);
      const failures = (await gates(candidate, judged)).filter(blocks);
      if (failures.length === 0) {
        if (await land(candidate, judged)) {
          landed.push(...judged);
          for (const { resolve } of merged) resolve({ status: 'landed', commit: candidate });
        } else {
          await landBatch(merged);
        }
      } else if (merged.length === 1) {
        merged[0]?.resolve({ status: 'failed', error: gateError(judged[0] ?? '', failures), failures });
      } else {
        const middle = Math.ceil(merged.length / 2);
        await landBatch(merged.slice(0, middle));
        await landBatch(merged.slice(middle));
      }
    } catch (error) {
      for (const { resolve } of batch) resolve({ status: 'failed', error: toErrorRecord(error) });
    } finally {
      emit({ type: 'merge-end', subtasks: names, landed, ...(landed.length > 0 ? { commit: tip } : {}) });
    }
  }

  async function mergeAll(batch: readonly Waiting[]): Promise<{ candidate: string; merged: Waiting[] }> {
    let candidate = tip;
    const merged: Waiting[] = [];
    for (const entry of batch) {
      const { commit, message } = entry.item;
      const attempt = await mergeCommits(repository, { ours: candidate, theirs: commit, message });
      if (attempt.merged) {
        candidate = attempt.commit;
        merged.push(entry);
      } else entry.resolve({ status: 'conflicted', files: attempt.conflictedFiles });
    }
    return { candidate, merged };
  }

  /** False when somebody else moved the branch: the tip is theirs now and the batch must be merged again. */
  async function land(candidate: string, subtasks: string[]): Promise<boolean> {
    if ((await checkedOutBranches(repository)).has(branch)) {
      throw new FanfoldError({
        code: 'into-conflict',
        message: `The branch ${branch} was checked out while the run was writing to it.`,
        next: 'Check out another branch, and run again with another target (--into).',
      });
    }
    await options.beforeLanding({ subtasks, onto: tip, commit: candidate });
    if (await moveBranch(repository, branch, { from: branchAt, to: candidate, reason: `fanfold run ${run}` })) {
      branchAt = candidate;
      tip = candidate;
      return true;
    }
    const theirs = await readBranch(repository, branch);
    if (theirs === undefined || theirs === branchAt || !(await isAncestor(repository, tip, theirs))) {
      throw new FanfoldError({
        code: 'into-conflict',
        message: `The branch ${branch} was moved or deleted by somebody else while the run was writing to it.`,
        next: 'Run again with another branch (--into), and leave it alone until the run has ended.',
      });
    }
    branchAt = theirs;
    tip = theirs;
    return false;
  }

  return {
    submit: (item) =>
      new Promise((resolve) => {
        waiting.push({ item, resolve });
        working ??= Promise.resolve().then(work);
      }),
    close(reason) {
      closed ??= reason;
    },
    tip: () => tip,
    async returnTo(commit) {
      const [now, then] = await readCommits(repository, [tip, commit]);
      if (then === undefined || now?.tree !== then.tree || (await checkedOutBranches(repository)).has(branch))
        return false;
      await options.beforeLanding({ subtasks: [], onto: tip, commit });
      if (!(await moveBranch(repository, branch, { from: branchAt, to: commit, reason: `fanfold run ${run}` }))) {
        return false;
      }
      branchAt = commit;
      tip = commit;
      return true;
    },
    async idle() {
      while (working !== undefined) await working;
    },
  };
}

/** A check that decides and failed, and did not fail on the base already. */
export function blocks(check: CheckResult): boolean {
  return check.gate && !check.passed && check.failedOnBase !== true;
}

function gateError(subtask: string, failures: readonly CheckResult[]): ErrorRecord {
  const names = failures.map(({ name }) => name).join(', ');
  const [first] = failures;
  const lastLine = first?.outputTail.trim().split('\n').at(-1);
  return {
    code: 'gate-failed',
    message: `With ${subtask} merged, the gate ${names} fails: ${first?.score === undefined ? lastLine || `exit code ${first?.exitCode ?? 'none'}` : `it gives ${first.score}`}`,
    next: 'Look at its branch, mend the subtask or the check, and run again.',
    failure: 'permanent',
    data: { checks: failures },
  };
}
