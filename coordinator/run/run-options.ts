import type { Repository, RunFolder } from '../../ipc/index.ts';
import type { FanfoldEvent, Plan } from '../../tasks/index.ts';
import type { CanarySettings } from '../canary/canary-settings.ts';
import type { Attendance } from '../dispatch/mail-permissions.ts';
import type { ThreadPool } from '../workers/thread-pool.ts';
import type { ModelTraffic } from './model-traffic.ts';

/** A run that is taken up again. */
export interface ResumeRequest {
  run: RunFolder;
  /** Also try again what failed or conflicted. */
  failed: boolean;
  /** The plan is no more what the journal has: its limits were raised. */
  replanned?: boolean;
}

/** What a run needs besides its plan. */
export interface RunOptions {
  /** When a run is taken up again: its own, as the journal has it. */
  plan: Plan;
  resume?: ResumeRequest;
  /** Called before any new event with those of earlier sessions, when a run is taken up again. Must not throw. */
  onPast?: (event: FanfoldEvent) => void;
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
  /** A claim whose worker shows no life for so long is taken back, ms, at least 3,000; 30,000 by default. */
  leaseMs?: number;
  /** Do everything, also what an earlier run did from the same inputs. Default false. */
  force?: boolean;
  /** Some subtasks first, then a forecast, and the others if somebody says so. */
  canary?: CanarySettings;
  /** Who may be asked what no permission rule decides; without it nobody is there, and the answer is no. */
  attendance?: Attendance;
  /** What a person should know before it starts. */
  warnings?: readonly string[];
  /** Where the model's traffic is recorded or replayed. */
  traffic?: ModelTraffic;
  /** Called with every event, in order. Must not throw. */
  onEvent?: (event: FanfoldEvent) => void;
  /** Aborting it once stops claiming and finishes what is at hand. `reason` may carry `exitCode` 130 or 143. */
  drain?: AbortSignal;
  /** Aborting it ends everything now. */
  stop?: AbortSignal;
}
