import { digestPlan, questionId, recipients, runChain, runVariable, workBoxes } from '../../ipc/index.ts';
import { type EventInput, type FanfoldEvent, helperDepth } from '../../tasks/index.ts';
import { type Canary, createCanary } from '../canary/canary.ts';
import { canaryOf } from '../canary/canary-settings.ts';
import { createDispatch, type Dispatch } from '../dispatch/dispatch.ts';
import { createMail, type Mail } from '../dispatch/mail.ts';
import { createScheduler } from '../dispatch/scheduler.ts';
import { createGates, type Gates } from '../merging/gates.ts';
import { blocks, type MergeQueue } from '../merging/merge-queue.ts';
import type { ResultCache } from '../results/result-cache.ts';
import { type Crew, createCrew } from '../workers/crew.ts';
import { createOutsideMoney } from '../workers/outside-money.ts';
import type { ThreadPool } from '../workers/thread-pool.ts';
import { startWorkerThreads } from '../workers/worker-threads.ts';
import { announce } from './announce.ts';
import { openBudget, type RunBudget, spentBefore } from './budget.ts';
import { cancelled, type Endings, watchEndings } from './ending.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { exitCodes } from './exit-code.ts';
import { obeyControl } from './obey-control.ts';
import { openMergeQueue } from './open-merge-queue.ts';
import { openResultCache } from './open-result-cache.ts';
import type { OpenRun } from './open-run.ts';
import { type Reaper, watchForLostWork } from './reaper.ts';
import { createResults, type Results } from './results.ts';
import type { RunOptions } from './run-options.ts';

/** The moving parts of a run, wired to each other. */
export interface Stages {
  log: EventLog;
  endings: Endings;
  workers: Crew;
  gates: Gates;
  /** Undefined where nothing works in git. */
  mergeQueue: MergeQueue | undefined;
  dispatch: Dispatch;
  /** Undefined where nothing goes before all others. */
  canary: Canary | undefined;
  mail: Mail;
  results: Results;
  cache: ResultCache;
  /** Where there is no merge queue, gates judge the folder at the end. True when one failed. */
  judgeFolder: () => Promise<boolean>;
  release: () => void;
}

export function startStages(run: OpenRun, options: RunOptions, pool: ThreadPool): Stages {
  const { plan, folder } = options;
  const { repository, target, mailbox } = run;
  const shared = { run: run.id, runFolder: run.folder.root, mailbox };
  const endings = watchEndings(options, run.lock.lost);
  const results = createResults({ path: run.folder.results, earlier: run.outputs, onFailure: endings.stopNow });
  const budget: RunBudget = openBudget({
    budget: plan.budget,
    spent: spentBefore(run.earlier, [...run.unended, ...(run.lostGates === undefined ? [] : [run.lostGates])]),
    threads: pool.maxThreads,
    onShort: (error) => endings.finish(exitCodes.budget, error),
    onExhausted: (error) => endings.stopNow(error, { exitCode: exitCodes.budget, status: 'failed' }),
  });
  const money = createOutsideMoney(budget.ledger, (control, process) => workers.tell(control, process));
  let canary: Canary | undefined;
  const log = createEventLog({
    run: run.id,
    journal: run.journal,
    ...(run.earlier === undefined ? {} : { state: run.earlier }),
    onFailure: endings.stopNow,
    onEvent(event: FanfoldEvent) {
      budget.see(event, log.state);
      mail.see(event);
      options.onEvent?.(event);
      canary?.see(event);
      if (event.type === 'subtask-end') mergeQueue?.rounds?.look();
    },
  });
  const mail: Mail = createMail({
    mailbox,
    runFolder: run.folder.root,
    subtasks: plan.subtasks,
    past: run.past,
    log,
    attendance: options.attendance,
    tell: (control, worker) => workers.tell(control, worker),
  });
  const emit = (event: EventInput): void => log.emit(event);
  const threads = Math.min(pool.maxThreads, run.concurrency, plan.subtasks.length);
  const choice = canaryOf(plan, options.canary, run.earlier);
  announce(run, options, { threads, canary: choice }, log);
  const ownThreads = startWorkerThreads({
    pool,
    threads,
    concurrency: run.concurrency,
    name: run.session === 1 ? 'worker' : `session-${run.session}-worker`,
    input: {
      run: run.id,
      mailbox: run.folder.mailbox,
      folder,
      repository,
      executors: [...new Set(plan.subtasks.map(({ executor }) => executor.kind))],
      runFolder: run.folder.root,
      planned: digestPlan(plan),
      leaseMs: run.leaseMs,
      ...(options.traffic?.record === undefined ? {} : { record: options.traffic.record }),
      ...(budget.memory === undefined ? {} : { ledger: budget.memory }),
    },
    onProgress: emit,
    onLost(worker, loss) {
      budget.lost(worker);
      emit({
        type: 'notice',
        level: 'warning',
        message: `${worker} was lost (${loss.reason}); its subtasks are handed out again.`,
      });
      reaper.giveBack(worker, loss).catch(endings.stopNow);
    },
    onHopeless: endings.stopNow,
  });
  const gates = createGates({
    ...shared,
    session: run.session,
    repository: folder,
    base: target?.base,
    goal: plan.goal,
    environment: { ...plan.environment, [runVariable]: runChain(run.id, process.env) },
    emit,
  });
  const { traffic } = options;
  const mergeQueue = openMergeQueue(run, { plan, gates, log, traffic, atWork: () => scheduler.atWork() });
  const cache = openResultCache(run, options, { log, mergeQueue });
  const scheduler = createScheduler({ subtasks: plan.subtasks, concurrency: run.concurrency, files: run.files });
  const agents = plan.subtasks.filter(({ executor }) => executor.kind === 'prompt').length;
  let slots = run.concurrency;
  const dispatch: Dispatch = createDispatch({
    mailbox,
    scheduler,
    subtasks: plan.subtasks,
    log,
    mail,
    acceptance: {
      run: run.id,
      resumed: run.session > 1,
      runFolder: run.folder.root,
      folder,
      repository,
      gates,
      mergeQueue,
    },
    assignment: () => ({
      run: run.id,
      ...(plan.goal === undefined ? {} : { goal: plan.goal }),
      repository: folder,
      runFolder: run.folder.root,
      ...(mergeQueue === undefined ? {} : { base: mergeQueue.tip() }),
      ...(run.instructions === undefined ? {} : { instructions: run.instructions }),
      ...(agents === 0 ? {} : { agentsAtOnce: Math.min(agents, slots) }),
    }),
    past: run.past,
    reuse: cache.reuse,
    keepResult: cache.keep,
    keepOutput: results.keep,
    onControl: (control) =>
      obeyControl(control, {
        crew: workers,
        dispatch,
        canary,
        money,
        emit,
        cancelRun: (reason) =>
          endings.stopNow(cancelled(reason), { exitCode: exitCodes.interrupted, status: 'cancelled' }),
      }),
    onFailure: endings.stopNow,
  });
  if (choice !== undefined) {
    const goOn = options.canary?.goOn;
    canary = createCanary({
      choice,
      plan,
      log,
      goOn,
      clock: budget.clock,
      concurrency: () => slots,
      scheduler,
      dispatch,
      endings,
    });
  }
  const workers: Crew = createCrew({
    threads: ownThreads,
    mailbox,
    emit,
    async receive() {
      await dispatch.receiveArrived();
      await dispatch.idle();
    },
    onSlots(outside) {
      slots = run.concurrency + outside;
      scheduler.resize(slots);
      dispatch.pump().catch(endings.stopNow);
    },
    onLost(process) {
      money.gone(process);
      return reaper.giveBackProcess(process).catch(endings.stopNow);
    },
    onLeft: money.gone,
  });
  const reaper: Reaper = watchForLostWork({
    mailbox,
    boxes: workBoxes(helperDepth(plan)),
    leaseMs: run.leaseMs,
    onBuried: {
      [recipients.workers]: dispatch.buried,
      [recipients.gates]: gates.buried,
      [recipients.coordinator](answer, reason) {
        dispatch.buried(questionId(answer, recipients.workers) ?? '', reason);
        gates.buried(questionId(answer, recipients.gates) ?? '', reason);
      },
    },
    onRound: workers.lookForDead,
    onError: endings.stopNow,
  });
  return {
    log,
    endings,
    workers,
    gates,
    mergeQueue,
    dispatch,
    canary,
    mail,
    results,
    cache,
    async judgeFolder() {
      if (mergeQueue !== undefined) return false;
      const ids = plan.subtasks.map(({ id }) => id);
      return (await gates.judge(plan.checks, undefined, ids)).some(blocks);
    },
    release() {
      mail.release();
      reaper.stop();
      money.stop();
      budget.stop();
      endings.release();
    },
  };
}
