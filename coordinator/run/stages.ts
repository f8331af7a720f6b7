import { recipients } from '../../ipc/index.ts';
import { type EventInput, FanfoldError, type FanfoldEvent } from '../../tasks/index.ts';
import { createDispatch, type Dispatch } from '../dispatch/dispatch.ts';
import { createScheduler } from '../dispatch/scheduler.ts';
import { createGates, type Gates } from '../merging/gates.ts';
import { blocks, createMergeQueue, type MergeQueue } from '../merging/merge-queue.ts';
import type { ThreadPool } from '../workers/thread-pool.ts';
import { startWorkerThreads, type WorkerThreads } from '../workers/worker-threads.ts';
import { type BudgetWatch, watchBudget } from './budget.ts';
import { type Endings, watchEndings } from './ending.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { exitCodes } from './exit-code.ts';
import type { OpenRun } from './open-run.ts';
import { type Reaper, watchForLostWork } from './reaper.ts';
import { createResults, type Results } from './results.ts';
import type { RunOptions } from './run-options.ts';
import { runChain, runVariable } from './run-processes.ts';

/** The moving parts of a run, wired to each other. */
export interface Stages {
  log: EventLog;
  endings: Endings;
  workers: WorkerThreads;
  gates: Gates;
  /** Undefined where nothing works in git. */
  mergeQueue: MergeQueue | undefined;
  dispatch: Dispatch;
  results: Results;
  /** Where there is no merge queue, gates judge the folder at the end. True when one failed. */
  judgeFolder: () => Promise<boolean>;
  release: () => void;
}

export function startStages(run: OpenRun, options: RunOptions, pool: ThreadPool): Stages {
  const { plan, folder } = options;
  const { repository, target, mailbox } = run;
  const shared = { run: run.id, runFolder: run.folder.root, mailbox };
  const endings = watchEndings(options, run.lock.lost);
  const results = createResults(run.folder.results, endings.stopNow);
  const budget: BudgetWatch = watchBudget(plan.budget, (error) =>
    endings.stopNow(error, { exitCode: exitCodes.budget, status: 'failed' }),
  );
  const log = createEventLog({
    run: run.id,
    journal: run.journal,
    onFailure: endings.stopNow,
    onEvent(event: FanfoldEvent) {
      budget.see(event, log.state);
      options.onEvent?.(event);
    },
  });
  const emit = (event: EventInput): void => log.emit(event);
  const threads = Math.min(pool.maxThreads, run.concurrency, plan.subtasks.length);
  announce(run, options, threads, emit);
  const workers = startWorkerThreads({
    pool,
    threads,
    concurrency: run.concurrency,
    input: {
      run: run.id,
      mailbox: run.folder.mailbox,
      folder,
      repository,
      executors: [...new Set(plan.subtasks.map(({ executor }) => executor.kind))],
      runFolder: run.folder.root,
    },
    onProgress: emit,
    onLost(worker, reason) {
      emit({
        type: 'notice',
        level: 'warning',
        message: `${worker} died (${reason}); its subtasks are handed out again.`,
      });
      reaper.giveBack(worker).catch(endings.stopNow);
    },
    onHopeless: endings.stopNow,
  });
  const gates = createGates({
    ...shared,
    repository: folder,
    base: target?.base,
    environment: { ...plan.environment, [runVariable]: runChain(run.id, process.env) },
    emit,
  });
  const mergeQueue =
    repository === undefined || target === undefined
      ? undefined
      : createMergeQueue({
          repository,
          branch: target.branch,
          start: { branch: target.branchAt, base: target.base },
          run: run.id,
          gates: (commit, subtasks) => gates.judge(plan.checks, commit, subtasks),
          emit,
        });
  const dispatch = createDispatch({
    mailbox,
    scheduler: createScheduler({ subtasks: plan.subtasks, concurrency: run.concurrency, files: run.files }),
    subtasks: plan.subtasks,
    log,
    acceptance: { run: run.id, runFolder: run.folder.root, folder, repository, gates, mergeQueue },
    assignment: () => ({
      run: run.id,
      ...(plan.goal === undefined ? {} : { goal: plan.goal }),
      repository: folder,
      runFolder: run.folder.root,
      ...(mergeQueue === undefined ? {} : { base: mergeQueue.tip() }),
      ...(run.instructions === undefined ? {} : { instructions: run.instructions }),
    }),
    keepOutput: results.keep,
    onCancel: (reason) => endings.stopNow(cancelled(reason), { exitCode: exitCodes.interrupted, status: 'cancelled' }),
    onFailure: endings.stopNow,
  });
  const reaper: Reaper = watchForLostWork(
    mailbox,
    { [recipients.workers]: dispatch.buried, [recipients.gates]: gates.buried },
    endings.stopNow,
  );
  return {
    log,
    endings,
    workers,
    gates,
    mergeQueue,
    dispatch,
    results,
    async judgeFolder() {
      if (mergeQueue !== undefined) return false;
      const ids = plan.subtasks.map(({ id }) => id);
      return (await gates.judge(plan.checks, undefined, ids)).some(blocks);
    },
    release() {
      reaper.stop();
      budget.stop();
      endings.release();
    },
  };
}

function announce(
  run: OpenRun,
  { plan, folder, version }: RunOptions,
  threads: number,
  emit: (event: EventInput) => void,
): void {
  emit({
    type: 'run-start',
    name: plan.name,
    ...(plan.goal === undefined ? {} : { goal: plan.goal }),
    repository: folder,
    ...(run.target === undefined ? {} : { base: run.target.base, branch: run.target.branch }),
    subtasks: plan.subtasks.length,
    concurrency: run.concurrency,
    threads,
    pid: process.pid,
    version,
  });
  emit({ type: 'plan-end', plan });
}

/** The error that a run ends with when somebody cancelled it by mail. */
function cancelled(reason: string): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: `The run was cancelled: ${reason}.`,
    next: 'What landed is in the branch: go on from it with --base and its name, and another branch as --into.',
    failure: 'cancelled',
  });
}
