import type { ErrorRecord } from '../errors/fanfold-error.ts';
import type { Usage } from '../plan/usage.ts';
import type { CandidateResult } from './candidate-result.ts';
import type { CheckResult } from './check-result.ts';
import type { EventBase } from './event-base.ts';

/** How a subtask ended. `landed` work is in the target branch, or accepted where there is no workspace. */
export type SubtaskStatus = 'landed' | 'unchanged' | 'cached' | 'failed' | 'cancelled' | 'conflicted';

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
