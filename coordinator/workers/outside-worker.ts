/**
 * A worker process beside a run's coordinator: threads that serve the run's mailbox, and a box for orders. Called by
 * `fanfold worker`. Promise: it ends by itself when the run does or its coordinator is gone, leaves no claim, workspace
 * or thread behind, and whatever it has at hand when it is stopped is given back for another worker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Control,
  controlBox,
  controlSchema,
  type Mailbox,
  type Outcome,
  outsideProcess,
  processIdentity,
  recipients,
  type WorkerInput,
  workBoxes,
} from '../../ipc/index.ts';
import { messageOf, type ProgressInput } from '../../tasks/index.ts';
import { giveBackClaims } from './give-back.ts';
import { createGrantedMoney, type GrantedMoney } from './granted-money.ts';
import type { ThreadPool } from './thread-pool.ts';
import { startWorkerThreads, type WorkerThreads } from './worker-threads.ts';

export interface OutsideWorkerOptions {
  /** See outsideName() in ipc. */
  name: string;
  mailbox: Mailbox;
  /** Ended with the worker. */
  pool: ThreadPool;
  threads: number;
  /** Subtasks at once over all threads. */
  concurrency: number;
  input: Omit<WorkerInput, 'worker' | 'slots' | 'gateSlots' | 'tellsOutcomes' | 'port'>;
  /** The process that coordinates the run right now; asked six times in a lease. */
  coordinator: () => Promise<number | undefined>;
  /** The run has a limit on money or tokens: the coordinator is asked before any is spent. */
  isLimited: boolean;
  onProgress: (event: ProgressInput) => void;
  onOutcome: (outcome: Outcome) => void;
  onNotice: (level: 'info' | 'warning', message: string) => void;
  /** Aborting it once claims nothing more and finishes what is at hand. */
  drain: AbortSignal;
  /** Aborting it gives back what is at hand and ends. */
  stop: AbortSignal;
}

export type WorkerEnd = 'run-ended' | 'coordinator-gone' | 'drained';

/** From SIGTERM for its commands to the end of a thread by force, ms. */
const graceMs = 10_000;
/** What threads get to remove their workspaces, ms. */
const closingMs = 120_000;
const looksPerLease = 6;
/** In the ledger, for threads that take the place of dead ones. */
const sparePlaces = 16;

/** FanfoldError when it can't go on: its mailbox fails, or no thread can be kept alive. */
export async function serveOutside(options: OutsideWorkerOptions): Promise<WorkerEnd> {
  const { mailbox, name, input, drain, stop } = options;
  const closed = new AbortController();
  let markEnd: (end: WorkerEnd) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const end = new Promise<WorkerEnd>((resolve, reject) => {
    markEnd = resolve;
    fail = reject;
  });
  await mailbox.open(controlBox(name));
  const money = options.isLimited
    ? createGrantedMoney(name, options.threads + sparePlaces, (control, id) => publish(options, id, control))
    : undefined;
  const threads = startThreads(options, money, fail);
  const obey = (control: Control): void => {
    if (control.action === 'shut-down') markEnd('run-ended');
    else if (control.action === 'budget-grant') money?.granted(control);
    else threads.tell(control);
  };
  const tasks = [
    readOrders(mailbox, name, obey, closed.signal),
    watchCoordinator(
      options,
      { gone: () => markEnd('coordinator-gone'), seen: (pid) => money?.seen(pid) },
      closed.signal,
    ),
  ];
  for (const task of tasks) task.catch(fail);
  const onDrain = (): void => markEnd('drained');
  drain.addEventListener('abort', onDrain, { once: true });
  if (drain.aborted) onDrain();
  try {
    const reason = await end;
    await finish(threads, stop);
    return reason;
  } finally {
    drain.removeEventListener('abort', onDrain);
    await threads.stop(graceMs, 'give-back');
    closed.abort();
    await Promise.allSettled(tasks);
    await giveBackRest(mailbox, name, input.planned.helperDepth).catch(() => {});
    await money?.stop();
    await publish(options, `leave-${name}`, { action: 'leave', worker: name }).catch(() => {});
  }
}

function startThreads(
  options: OutsideWorkerOptions,
  money: GrantedMoney | undefined,
  fail: (error: unknown) => void,
): WorkerThreads {
  const { mailbox, onNotice } = options;
  return startWorkerThreads({
    pool: options.pool,
    threads: options.threads,
    concurrency: options.concurrency,
    name: options.name,
    input: { ...options.input, ...(money === undefined ? {} : { ledger: money.memory }) },
    ...(money === undefined ? {} : { onNeed: money.need }),
    onProgress: options.onProgress,
    onOutcome: options.onOutcome,
    onLost(worker, loss) {
      money?.lost(worker);
      onNotice('warning', `${worker} was lost (${loss.reason}); its subtasks are handed out again.`);
      giveBackClaims(mailbox, worker, loss).catch(fail);
    },
    onHopeless: fail,
  });
}

/** Finish what is at hand, or give it back when `stop` aborts meanwhile. */
async function finish(threads: WorkerThreads, stop: AbortSignal): Promise<void> {
  let onStop = (): void => {};
  const forced = new Promise<void>((resolve, reject) => {
    onStop = () => threads.stop(graceMs, 'give-back').then(resolve, reject);
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
  });
  const finished = threads.drain().then(() => threads.stop(closingMs));
  await Promise.race([finished, forced]);
  stop.removeEventListener('abort', onStop);
}

async function readOrders(
  mailbox: Mailbox,
  name: string,
  obey: (control: Control) => void,
  closed: AbortSignal,
): Promise<void> {
  const box = controlBox(name);
  while (!closed.aborted) {
    for (let claim = await mailbox.claim(box, name); claim !== undefined; claim = await mailbox.claim(box, name)) {
      const parsed = controlSchema.safeParse(claim.envelope.body);
      if (parsed.success) obey(parsed.data);
      if (parsed.success) await mailbox.complete(claim);
      else await mailbox.fail(claim, { retry: false, reason: `invalid order: ${messageOf(parsed.error)}` });
    }
    await mailbox.watch(box, closed).catch((error: unknown) => {
      if (!closed.aborted) throw error;
    });
  }
}

/** Joins each coordinator that takes the run up, and tells when there is none any more. */
async function watchCoordinator(
  options: OutsideWorkerOptions,
  { gone, seen }: { gone: () => void; seen: (coordinator: number) => void },
  closed: AbortSignal,
): Promise<void> {
  const { name, concurrency, input, coordinator } = options;
  let known: number | undefined;
  for (let joins = 0; !closed.aborted; ) {
    const pid = await coordinator();
    if (pid === undefined) return gone();
    seen(pid);
    if (pid !== known) {
      joins += 1;
      known = pid;
      await publish(options, `join-${name}-${joins}`, {
        action: 'join',
        worker: name,
        slots: concurrency,
        process: processIdentity(),
      });
    }
    await sleep(input.leaseMs / looksPerLease, undefined, { signal: closed }).catch(() => {});
  }
}

async function publish({ mailbox, name }: OutsideWorkerOptions, id: string, body: Control): Promise<void> {
  const to = recipients.coordinator;
  await mailbox.publish(to, { version: 1, id, kind: 'control', from: name, to, body });
}

/** Claims of threads that were ended by force. */
async function giveBackRest(mailbox: Mailbox, name: string, depth: number): Promise<void> {
  for (const box of workBoxes(depth)) {
    const claimed = await mailbox.list(box, ['claimed']);
    const own = new Set(claimed.flatMap(({ worker = '' }) => (outsideProcess(worker) === name ? [worker] : [])));
    for (const worker of own) await mailbox.reapWorker(box, worker, { blameless: true });
  }
}
