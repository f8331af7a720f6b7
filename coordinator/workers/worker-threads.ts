/**
 * The workers of one process: Piscina threads that serve a run's mailbox until told to stop. Called by the run's stages
 * and by outside-worker.ts. Promise: a thread that dies or stops answering is replaced while the run goes on, and its
 * loss is told at once.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import {
  type Control,
  type FromWorker,
  type Need,
  type Outcome,
  removeOwnFolders,
  type ToWorker,
  type WorkerInput,
} from '../../ipc/index.ts';
import { FanfoldError, messageOf, type ProgressInput } from '../../tasks/index.ts';
import { endByForce } from './end-by-force.ts';
import type { ThreadLoss } from './give-back.ts';
import { watchPulse } from './pulse.ts';
import { createStandingOrders } from './standing-orders.ts';
import type { ThreadPool } from './thread-pool.ts';

export interface WorkerThreadsOptions {
  /** Ended by `stop`. */
  pool: ThreadPool;
  threads: number;
  /** Subtasks at once over all threads. */
  concurrency: number;
  /** Threads are called `<name>-1`, `<name>-2` and so on, those that take a dead one's place `<name>-1-1`. */
  name: string;
  input: Omit<WorkerInput, 'worker' | 'slots' | 'gateSlots' | 'tellsOutcomes' | 'port'>;
  onProgress: (event: ProgressInput) => void;
  /** Where the answers go to another process, they are told here too. */
  onOutcome?: (outcome: Outcome) => void;
  /** The ledger has too little for the next request of a thread. */
  onNeed?: (need: Need) => void;
  /** A thread died by itself or stopped answering; its claims should be given back. */
  onLost: (worker: string, loss: ThreadLoss) => void;
  /** No thread can be kept alive. */
  onHopeless: (error: FanfoldError) => void;
}

export interface WorkerThreads {
  /** Claim no more subtasks; resolves when those at hand have ended. Gates go on. */
  drain(): Promise<void>;
  /** An order for every thread, also for those to come while it stands. */
  tell(control: Control): void;
  /**
   * End every thread when what is at hand has ended, or with `give-back` now, its claims given back; after `graceMs`
   * by force.
   */
  stop(graceMs: number, how?: 'give-back'): Promise<void>;
}

/** Deaths of threads that a run puts up with before it gives up. */
const toleratedDeaths = 10;

interface Thread {
  port: MessagePort;
  drained: Promise<void>;
  ended: Promise<void>;
}

export function startWorkerThreads(options: WorkerThreadsOptions): WorkerThreads {
  const { pool, threads, concurrency } = options;
  const abort = new AbortController();
  const living = new Map<string, Thread>();
  const standing = createStandingOrders();
  let deaths = 0;
  let draining = false;
  let stopping = false;

  const start = (index: number, generation: number): void => {
    const worker = `${options.name}-${index + 1}${generation === 0 ? '' : `-${generation}`}`;
    const { port1: port, port2 } = new MessageChannel();
    const slots = Math.max(1, Math.floor(concurrency / threads) + (index < concurrency % threads ? 1 : 0));
    let markDrained = (): void => {};
    const untilDrained = new Promise<void>((resolve) => {
      markDrained = resolve;
    });
    const silence = new AbortController();
    const pulse = watchPulse({
      leaseMs: options.input.leaseMs,
      ping: () => port.postMessage({ type: 'ping' } satisfies ToWorker),
      onSilent(silentMs) {
        const reason = `it gave no sign of life for ${Math.round(silentMs / 1000)} s`;
        endByForce(pool, () => silence.abort(reason));
      },
    });
    port.on('message', (message: FromWorker) => {
      pulse.heard();
      if (message.type === 'alive') return;
      if (message.type === 'drained') markDrained();
      else if (message.type === 'outcome') options.onOutcome?.(message.outcome);
      else if (message.type === 'need-money') options.onNeed?.(message.need);
      else for (const event of message.events) options.onProgress(event);
    });
    const tellsOutcomes = options.onOutcome !== undefined;
    const input: WorkerInput = { ...options.input, worker, slots, gateSlots: 1, tellsOutcomes, port: port2 };
    const ended = pool
      .run(input, { transferList: [port2], signal: AbortSignal.any([abort.signal, silence.signal]) })
      .catch((error: unknown) => {
        if (stopping) return;
        const silent = silence.signal.aborted;
        options.onLost(worker, { silent, reason: silent ? String(silence.signal.reason) : messageOf(error) });
        deaths += 1;
        if (deaths === 1) process.once('exit', removeOwnFolders);
        if (deaths <= toleratedDeaths) start(index, generation + 1);
        else options.onHopeless(hopeless(error));
      })
      .finally(() => {
        pulse.stop();
        living.delete(worker);
        markDrained();
        port.close();
      });
    // One that takes a dead one's place while the run drains is there for gates alone.
    if (draining) port.postMessage({ type: 'drain' } satisfies ToWorker);
    for (const control of standing.all()) port.postMessage({ type: 'control', control } satisfies ToWorker);
    living.set(worker, { port, drained: untilDrained, ended });
  };
  for (let index = 0; index < threads; index += 1) start(index, 0);

  const tellAll = (message: ToWorker): void => {
    for (const { port } of living.values()) port.postMessage(message);
  };

  return {
    async drain() {
      draining = true;
      tellAll({ type: 'drain' });
      await Promise.all([...living.values()].map(({ drained }) => drained));
    },
    tell(control) {
      standing.note(control);
      tellAll({ type: 'control', control });
    },
    async stop(graceMs, how) {
      stopping = true;
      tellAll({ type: how ?? 'stop' });
      const timer = setTimeout(() => endByForce(pool, () => abort.abort()), graceMs);
      await Promise.all([...living.values()].map(({ ended }) => ended));
      clearTimeout(timer);
      await pool.destroy();
    },
  };
}

function hopeless(cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'worker-lost',
    message: `Worker threads died more than ${toleratedDeaths} times; the last time: ${messageOf(cause)}`,
    next: 'Check free memory, lower --concurrency or --threads, and look at the last subtasks with `fanfold logs`.',
    failure: 'transient',
    cause,
  });
}
