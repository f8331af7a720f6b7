/**
 * The run's own workers: Piscina threads that serve the run's mailbox until told to stop. Called by orchestrate.ts.
 * Promise: a thread that dies is replaced while the run goes on, and its claims are given back at once.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerInput } from '../../ipc/index.ts';
import { FanfoldError, messageOf, type ProgressInput } from '../../tasks/index.ts';
import type { ThreadPool } from './thread-pool.ts';

export interface WorkerThreadsOptions {
  /** Ended by `stop`. */
  pool: ThreadPool;
  threads: number;
  /** Subtasks at once over all threads. */
  concurrency: number;
  input: Omit<WorkerInput, 'worker' | 'slots' | 'gateSlots' | 'port'>;
  onProgress: (event: ProgressInput) => void;
  /** A thread died by itself; its claims should be given back. */
  onLost: (worker: string, reason: string) => void;
  /** No thread can be kept alive. */
  onHopeless: (error: FanfoldError) => void;
}

export interface WorkerThreads {
  /** Claim no more subtasks; resolves when those at hand have ended. Gates go on. */
  drain(): Promise<void>;
  /** End one subtask, or all, now. */
  cancel(reason: string, subtask?: string): void;
  /** End every thread; after `graceMs` by force. */
  stop(graceMs: number): Promise<void>;
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
  let deaths = 0;
  let draining = false;
  let stopping = false;

  const start = (index: number, generation: number): void => {
    const worker = generation === 0 ? `worker-${index + 1}` : `worker-${index + 1}-${generation}`;
    const { port1: port, port2 } = new MessageChannel();
    const slots = Math.max(1, Math.floor(concurrency / threads) + (index < concurrency % threads ? 1 : 0));
    let markDrained = (): void => {};
    const untilDrained = new Promise<void>((resolve) => {
      markDrained = resolve;
    });
    port.on('message', (message: FromWorker) => {
      if (message.type === 'drained') markDrained();
      else for (const event of message.events) options.onProgress(event);
    });
    const input: WorkerInput = { ...options.input, worker, slots, gateSlots: 1, port: port2 };
    const ended = pool
      .run(input, { transferList: [port2], signal: abort.signal })
      .catch((error: unknown) => {
        if (stopping) return;
        options.onLost(worker, messageOf(error));
        deaths += 1;
        if (deaths <= toleratedDeaths) start(index, generation + 1);
        else options.onHopeless(hopeless(error));
      })
      .finally(() => {
        living.delete(worker);
        markDrained();
        port.close();
      });
    // One that takes a dead one's place while the run drains is there for gates alone.
    if (draining) port.postMessage({ type: 'drain' } satisfies ToWorker);
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
    cancel(reason, subtask) {
      tellAll({ type: 'cancel', reason, ...(subtask === undefined ? {} : { subtask }) });
    },
    async stop(graceMs) {
      stopping = true;
      tellAll({ type: 'stop' });
      const timer = setTimeout(() => abort.abort(), graceMs);
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
