/** What travels over the message port between a coordinator and its own worker threads. Nothing here must survive. */
import type { Executor, ProgressInput } from '../../tasks/index.ts';
import type { Repository } from '../git/repository.ts';

export type ToWorker =
  /** Claim no more subtasks; answer `drained` when those at hand have ended. Gates go on. */
  | { type: 'drain' }
  /** Claim nothing more, gates included, and end when what is at hand has ended. */
  | { type: 'stop' }
  /** End one subtask, or all of them, now. */
  | { type: 'cancel'; subtask?: string; reason: string };

export type FromWorker = { type: 'progress'; events: ProgressInput[] } | { type: 'drained' };

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
  /** Subtasks at once in this thread. */
  slots: number;
  /** Gates at once in this thread. */
  gateSlots: number;
  port: import('node:worker_threads').MessagePort;
}
