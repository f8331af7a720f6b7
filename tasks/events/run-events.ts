import type { ErrorRecord } from '../errors/fanfold-error.ts';
import type { Plan } from '../plan/plan.ts';
import type { Usage } from '../plan/usage.ts';
import type { EventBase } from './event-base.ts';
import type { Forecast } from './forecast.ts';

export type RunStatus = 'succeeded' | 'failed' | 'interrupted' | 'cancelled';

export interface SubtaskCounts {
  total: number;
  landed: number;
  unchanged: number;
  cached: number;
  failed: number;
  cancelled: number;
  conflicted: number;
}

export interface RunStart extends EventBase {
  type: 'run-start';
  name: string;
  goal?: string;
  repository: string;
  /** Commit id of the pinned base; absent outside git. */
  base?: string;
  branch?: string;
  /** Where the branch was when the run was started first; absent where there was none. */
  branchFrom?: string;
  subtasks: number;
  concurrency: number;
  threads: number;
  /** A claim without a heartbeat for so long is taken back, ms; 30,000 where it is absent. */
  leaseMs?: number;
  /** Process id of the coordinator. */
  pid: number;
  version: string;
  /** How often a coordinator has taken up this run, from 1; absent in journals of version 0.1.0. */
  session?: number;
  /** Subtasks that had ended and are tried again, together with what depends on them. */
  reopened?: string[];
  /** Nothing of earlier runs is reused. */
  force?: true;
  /** The file that the model's traffic is recorded in, absolute. */
  record?: string;
  /** Only these are handed out until it is decided whether the run goes on. */
  canary?: CanaryChoice;
}

export interface CanaryChoice {
  /** In the order of the plan. */
  subtasks: string[];
  /** From 0 to 1: if fewer of them pass, the run does not go on. */
  minimum?: number;
}

export interface PlanEnd extends EventBase {
  type: 'plan-end';
  plan: Plan;
}

export interface Notice extends EventBase {
  type: 'notice';
  level: 'info' | 'warning';
  message: string;
  /** The run was paused, or goes on, by somebody's order. */
  paused?: boolean;
  /** Of models, for what came to nothing and has no event of its own. */
  usage?: Usage;
}

/** The canary is over, and others are left: what it says about them. */
export interface ForecastEnd extends EventBase {
  type: 'forecast-end';
  forecast: Forecast;
}

/** Whether the run goes on after its canary. After a no it ends, and goes on when it is resumed. */
export interface CanaryEnd extends EventBase {
  type: 'canary-end';
  goesOn: boolean;
  /** `option`: without asking; `nobody` is there to ask; `minimum`: too few have passed. */
  by: 'person' | 'option' | 'nobody' | 'minimum';
  /** Subtasks that are left. */
  rest: number;
}

export interface RunEnd extends EventBase {
  type: 'run-end';
  status: RunStatus;
  exitCode: number;
  subtasks: SubtaskCounts;
  commit?: string;
  branch?: string;
  usage: Usage;
  durationMs: number;
  denials: number;
  /** The folder of the run, absolute. */
  folder: string;
  error?: ErrorRecord;
}
