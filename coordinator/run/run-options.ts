import type { Repository } from '../../ipc/index.ts';
import type { FanfoldEvent, Plan } from '../../tasks/index.ts';
import type { ThreadPool } from '../workers/thread-pool.ts';

/** What a run needs besides its plan. */
export interface RunOptions {
  plan: Plan;
  /** Absolute path of the repository's top folder, or of the folder to work on outside git. */
  folder: string;
  /** The repository that `folder` is the top of; undefined outside git. */
  repository: Repository | undefined;
  /** URL of the worker thread's entry. */
  workerEntry: URL;
  /** Threads that were started ahead; the run ends them. Without them it starts its own. */
  threadPool?: ThreadPool;
  /** Fanfold's own version, for the journal. */
  version: string;
  /** Subtasks at once; the plan's own, else 8, or one for each thread where all are codemods. */
  concurrency?: number;
  /** Worker threads; else as many as the pool may have, at most `concurrency`. */
  threads?: number;
  /** Called with every event, in order. Must not throw. */
  onEvent?: (event: FanfoldEvent) => void;
  /** Aborting it once stops claiming and finishes what is at hand. `reason` may carry `exitCode` 130 or 143. */
  drain?: AbortSignal;
  /** Aborting it ends everything now. */
  stop?: AbortSignal;
}
