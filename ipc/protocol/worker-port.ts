/** What travels over the message port between worker threads and the process they are in. Nothing here must survive. */
import type { Executor, ProgressInput } from '../../tasks/index.ts';
import type { Need } from '../budget/ledger.ts';
import type { LedgerMemory } from '../budget/ledger-cells.ts';
import type { Repository } from '../git/repository.ts';
import type { Control } from './control.ts';
import type { Outcome } from './outcome.ts';
import type { PlanDigests } from './plan-digests.ts';

export type ToWorker =
  /** Claim no more subtasks; answer `drained` when those at hand have ended. Gates go on. */
  | { type: 'drain' }
  /** Claim nothing more, gates included, and end when what is at hand has ended. */
  | { type: 'stop' }
  /** Claim nothing more and end now: what is at hand is given back for another worker, which nobody is blamed for. */
  | { type: 'give-back' }
  /** What a worker elsewhere gets by its control box. */
  | { type: 'control'; control: Control }
  /** Answer `alive`. */
  | { type: 'ping' };

export type FromWorker =
  | { type: 'progress'; events: ProgressInput[] }
  | { type: 'drained' }
  | { type: 'alive' }
  /** The ledger has too little for who is next, and more can be had: see outside-money.ts. Said again while it waits. */
  | { type: 'need-money'; need: Need }
  /** Only where `tellsOutcomes` is set. */
  | { type: 'outcome'; outcome: Outcome };

/** The input of a worker thread. */
export interface WorkerInput {
  run: string;
  worker: string;
  mailbox: string;
  /** The folder worked on, absolute. */
  folder: string;
  /** The repository whose top `folder` is; undefined outside git. */
  repository: Repository | undefined;
  /** Kinds of executors that will be asked for: they are loaded before the first claim. */
  executors: Executor['kind'][];
  runFolder: string;
  /** Of the run's plan: nothing else is done. */
  planned: PlanDigests;
  /** The file that the model's traffic is recorded in, absolute. */
  record?: string;
  /** What the run may spend; absent where it has no limit. */
  ledger?: LedgerMemory;
  /** Subtasks at once in this thread. */
  slots: number;
  /** Gates at once in this thread. */
  gateSlots: number;
  /** A claim without a heartbeat for so long is lost, ms; the same for everybody who serves the mailbox. */
  leaseMs: number;
  /** Whoever holds the port's other end does not get outcomes by mail, but wants to show them. */
  tellsOutcomes: boolean;
  port: import('node:worker_threads').MessagePort;
}
