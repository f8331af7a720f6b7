/**
 * What is known of a run from its events: read by the live view, `fanfold status` and reports. It is built by reduceRun
 * and by nothing else.
 */
import type { ErrorRecord } from '../errors/fanfold-error.ts';
import type { CandidateResult } from '../events/candidate-result.ts';
import type {
  CanaryChoice,
  CanaryEnd,
  CheckResult,
  MessageSent,
  PermissionRequested,
  RunEnd,
  RunStatus,
  SubtaskStatus,
} from '../events/events.ts';
import type { Forecast } from '../events/forecast.ts';
import type { Budget, Executor } from '../plan/plan.ts';
import { noUsage, type Usage } from '../plan/usage.ts';

/** Where a subtask is on its way; the last ones are final. `merging` includes waiting for its merge. */
export type SubtaskPhase = 'waiting' | 'queued' | 'running' | 'merging' | SubtaskStatus;

export interface SubtaskState {
  id: string;
  title?: string;
  executor?: Executor['kind'];
  status: SubtaskPhase;
  /** The current or last attempt, from 1; 0 before the first. */
  attempt: number;
  worker?: string;
  /** What it is doing now, one line; only while it runs. */
  activity?: string;
  /** ISO 8601, of the first attempt. */
  startedAt?: string;
  endedAt?: string;
  /** Of the last attempt that failed, or of the subtask. */
  error?: ErrorRecord;
  /** Keeps the work of a subtask that did not land. */
  branch?: string;
  commit?: string;
  changedFiles?: string[];
  /** Of the last attempt that ended; see AttemptEnd. */
  repairs?: number;
  candidates?: CandidateResult[];
  candidate?: number;
  /** The run that did the work, where it was not this one. */
  reusedFrom?: string;
  /** Of the current or last attempt. */
  checks: CheckResult[];
  /** What it may spend, where it has a budget of its own. */
  budget?: Budget;
  /** Where it has one: ms that its attempts took that have ended. */
  workedMs?: number;
  /** All attempts; while one runs, what is known of it so far. */
  usage: Usage;
  /** The part of `usage` that belongs to the attempt that runs now. */
  attemptUsage: Usage;
  turns: number;
  denials: number;
  /** Milliseconds, once it has ended. */
  durationMs?: number;
}

interface GateResult {
  subtasks: string[];
  check: CheckResult;
}

interface MergeState {
  subtasks: string[];
  startedAt: string;
  endedAt?: string;
  landed: string[];
  commit?: string;
}

export interface CanaryState extends CanaryChoice {
  forecast?: Forecast;
  /** None until somebody has decided. */
  decision?: Pick<CanaryEnd, 'goesOn' | 'by'>;
  /** When the other subtasks could start, ISO 8601. */
  goesOnAt?: string;
  /** The run was interrupted since then. */
  interrupted?: true;
}

export interface RunState {
  run?: string;
  name?: string;
  goal?: string;
  status: 'planned' | 'running' | RunStatus;
  exitCode?: number;
  repository?: string;
  base?: string;
  branch?: string;
  /** Tip of the branch after the last merge. */
  commit?: string;
  /** Process id of the coordinator. */
  pid?: number;
  concurrency?: number;
  threads?: number;
  startedAt?: string;
  endedAt?: string;
  durationMs?: number;
  /** By id, in the order of the plan (ids of digits only come first). It has no prototype: any id is safe to look up. */
  subtasks: Record<string, SubtaskState>;
  /** Ids of subtasks that are queued, running or merging, so that a live view need not look at all of them. */
  active: Set<string>;
  /** Subtasks by phase. */
  counts: Record<SubtaskPhase, number>;
  usage: Usage;
  /** What the run may spend, where that is limited. */
  budget?: Pick<Budget, 'usd' | 'tokens'>;
  denials: number;
  gates: GateResult[];
  merges: MergeState[];
  /** The last 1,000. */
  notices: { time: string; level: 'info' | 'warning'; message: string }[];
  /** The last 1,000. */
  messages: Pick<MessageSent, 'time' | 'from' | 'to' | 'text'>[];
  /** Permission requests that wait for an answer, the oldest first. */
  permissions: PermissionRequested[];
  /** Nothing more is started until somebody lets the run go on. */
  paused?: true;
  /** Where some subtasks go before all others. */
  canary?: CanaryState;
  error?: ErrorRecord;
  /** The folder of the run, absolute, once it has ended. */
  folder?: string;
  /** The event that ended the run; none while it goes on. */
  end?: RunEnd;
}

export function initialRunState(): RunState {
  return {
    status: 'planned',
    subtasks: Object.create(null),
    active: new Set(),
    counts: {
      waiting: 0,
      queued: 0,
      running: 0,
      merging: 0,
      landed: 0,
      unchanged: 0,
      cached: 0,
      failed: 0,
      cancelled: 0,
      conflicted: 0,
    },
    usage: noUsage(),
    denials: 0,
    gates: [],
    merges: [],
    notices: [],
    messages: [],
    permissions: [],
  };
}
