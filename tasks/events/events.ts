/**
 * One union of events feeds the journal, the terminal, `--json` and reports. Names are noun-action. Every event has
 * `time` (ISO 8601) and `run`. Events marked "progress" may be lost; all others are journalled before they are shown.
 */
import type { ErrorRecord } from '../errors/fanfold-error.ts';
import type { Plan } from '../plan/plan.ts';
import type { Usage } from '../plan/usage.ts';
import type { CandidateResult } from './candidate-result.ts';
import type { Forecast } from './forecast.ts';

export type RunStatus = 'succeeded' | 'failed' | 'interrupted' | 'cancelled';

/** How a subtask ended. `landed` work is in the target branch, or accepted where there is no workspace. */
export type SubtaskStatus = 'landed' | 'unchanged' | 'cached' | 'failed' | 'cancelled' | 'conflicted';

export interface SubtaskCounts {
  total: number;
  landed: number;
  unchanged: number;
  cached: number;
  failed: number;
  cancelled: number;
  conflicted: number;
}

export interface CheckResult {
  name: string;
  passed: boolean;
  gate: boolean;
  durationMs: number;
  exitCode: number | null;
  /** The end of a command's output, or the evidence a check gives; at most 4,000 characters, control sequences removed. */
  outputTail: string;
  /** How good the work is, from 0 to 1; absent where a check only passes or fails. */
  score?: number;
  /** The score it takes to pass, where there is one. */
  minimum?: number;
  /** True when the same check failed on the base already: then it is not held against the subtask. */
  failedOnBase?: boolean;
}

interface EventBase {
  time: string;
  run: string;
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

export interface SubtaskQueued extends EventBase {
  type: 'subtask-queue';
  subtask: string;
  attempt: number;
  /** The earlier attempt whose conversation and files its agent goes on from; `candidate` where several tried. */
  continues?: { attempt: number; commit?: string; candidate?: number };
  /** The gates that failed with its work merged, which its agent is to mend. */
  repair?: Repair;
}

/** What is told to an agent whose work did not pass on the merged tree. */
export interface Repair {
  /** Which of the rounds that its conversation may have, from 1. */
  round: number;
  checks: CheckResult[];
}

/** Progress. */
export interface SubtaskStart extends EventBase {
  type: 'subtask-start';
  subtask: string;
  attempt: number;
  worker: string;
}

/** Progress. */
export interface SubtaskProgress extends EventBase {
  type: 'subtask-progress';
  subtask: string;
  attempt: number;
  worker: string;
  /** What it is doing now, one line, control sequences removed. */
  activity: string;
}

/** Progress. */
export interface ToolStart extends EventBase {
  type: 'tool-start';
  subtask: string;
  attempt: number;
  worker: string;
  tool: string;
  toolUseId: string;
  /** One line that names the subject, for instance a path or a command. */
  summary: string;
}

/** Progress. */
export interface ToolEnd extends EventBase {
  type: 'tool-end';
  subtask: string;
  attempt: number;
  worker: string;
  tool: string;
  toolUseId: string;
  durationMs: number;
  status: 'ok' | 'error' | 'denied' | 'cancelled';
}

/** Progress. */
export interface ModelEnd extends EventBase {
  type: 'model-end';
  subtask: string;
  attempt: number;
  worker: string;
  turn: number;
  /** Number of the helper whose turn it was, among those of the attempt; absent for the agent's own. */
  helper?: number;
  model: string;
  usage: Usage;
  stopReason: string | null;
  durationMs: number;
}

export interface CheckEnd extends EventBase {
  type: 'check-end';
  subtask: string;
  attempt: number;
  check: CheckResult;
}

/** An attempt has ended; `retry` says whether another follows. */
export interface AttemptEnd extends EventBase {
  type: 'attempt-end';
  subtask: string;
  attempt: number;
  worker: string;
  result: 'changed' | 'unchanged' | 'done' | 'failed' | 'cancelled';
  commit?: string;
  retry: boolean;
  /** An agent's last words, or the end of a command's output; control sequences removed. */
  summary?: string;
  error?: ErrorRecord;
  usage: Usage;
  durationMs: number;
  /** Permission requests that were denied because nobody was there to answer. */
  denials: number;
  /** The commit that `commit` was built on. */
  base?: string;
  /** Workspace-relative paths, at most 1,000. */
  changedFiles?: string[];
  /** Structured output; with the rest of this event, all that accepting the attempt needs. */
  output?: unknown;
  /** The run that did the work, where none of this run did; `attempt` is 0 then. */
  reusedFrom?: string;
  /** How often the agent's work was sent back to it, in all of its conversation; absent for never. */
  repairs?: number;
  /** Where several agents tried: how each of them did, and whose work this is. */
  candidates?: CandidateResult[];
  candidate?: number;
}

export interface MergeStart extends EventBase {
  type: 'merge-start';
  subtasks: string[];
  onto: string;
}

/** The merged tree has passed its gates: the branch moves next. Journalled before it does, so that no work lands twice. */
export interface MergeReady extends EventBase {
  type: 'merge-ready';
  subtasks: string[];
  /** Tip of the target branch before and after. */
  onto: string;
  commit: string;
}

export interface MergeEnd extends EventBase {
  type: 'merge-end';
  subtasks: string[];
  landed: string[];
  /** The new tip of the target branch, when something landed. */
  commit?: string;
}

/** A gate ran on a merged tree. */
export interface GateEnd extends EventBase {
  type: 'gate-end';
  subtasks: string[];
  check: CheckResult;
  /** What all judges of that tree have used; on its first gate. */
  usage?: Usage;
}

/** The subtask has its final state. */
export interface SubtaskEnd extends EventBase {
  type: 'subtask-end';
  subtask: string;
  status: SubtaskStatus;
  attempts: number;
  commit?: string;
  /** A branch that keeps the work of a subtask that did not land. */
  branch?: string;
  error?: ErrorRecord;
  /** Workspace-relative paths, at most 1,000. */
  changedFiles?: string[];
  usage: Usage;
  durationMs: number;
  denials: number;
  /** The run whose result was reused, with `cached`. */
  reusedFrom?: string;
}

/** Somebody wrote to somebody: an agent to another or to the coordinator, or a person to an agent. */
export interface MessageSent extends EventBase {
  type: 'message-send';
  /** Id of a subtask, `coordinator`, or `person`. */
  from: string;
  to: string;
  /** Control sequences removed. */
  text: string;
}

/** An agent asks leave for a tool call. */
export interface PermissionRequested extends EventBase {
  type: 'permission-request';
  subtask: string;
  attempt: number;
  worker: string;
  /** Names this request and its answer. */
  request: string;
  tool: string;
  /** One line that names the subject. */
  summary: string;
  reason: string;
}

export interface PermissionEnd extends EventBase {
  type: 'permission-end';
  subtask: string;
  request: string;
  allowed: boolean;
  /** `person`, `nobody` (nobody is there to ask) or `timeout`. */
  by: 'person' | 'nobody' | 'timeout';
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

export type FanfoldEvent =
  | RunStart
  | PlanEnd
  | SubtaskQueued
  | SubtaskStart
  | SubtaskProgress
  | ToolStart
  | ToolEnd
  | ModelEnd
  | CheckEnd
  | AttemptEnd
  | MergeStart
  | MergeReady
  | MergeEnd
  | GateEnd
  | SubtaskEnd
  | MessageSent
  | PermissionRequested
  | PermissionEnd
  | Notice
  | ForecastEnd
  | CanaryEnd
  | RunEnd;

export type EventType = FanfoldEvent['type'];

/** An event before the emitter stamps `time` and `run` on it. */
export type EventInput = { [T in EventType]: Omit<Extract<FanfoldEvent, { type: T }>, 'time' | 'run'> }[EventType];

/** What a worker reports while it works. It travels over the thread's message port and may be lost. */
export type ProgressEvent = SubtaskStart | SubtaskProgress | ToolStart | ToolEnd | ModelEnd;
export type ProgressInput = Extract<EventInput, { type: ProgressEvent['type'] }>;
