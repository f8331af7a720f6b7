/**
 * What is known of an attempt, or of one of its candidates, while it is at work: so that whoever gives it up can still
 * say how far it came. Filled in by run-attempt.ts, read by run-subtask.ts.
 */
import type { Assignment } from '../../ipc/index.ts';
import { addUsage, type CheckResult, type ErrorRecord, noUsage, type Usage } from '../../tasks/index.ts';
import type { ExecutionResult } from '../executors/executor.ts';
import type { Snapshot } from '../workspace/workspace.ts';
import type { Fault } from './repair-message.ts';

/** Which attempt, and where it writes. */
export interface AttemptPlace {
  assignment: Assignment;
  /** For its logs, absolute. */
  logFolder: string;
  /** Where several agents try: which of them, from 1. */
  candidate?: number;
}

export interface AttemptRecord {
  /** The commit that its work is built on. */
  base?: string | undefined;
  /** Its work as it was looked at last. */
  snapshot: Snapshot;
  /** Of that work. */
  checks: CheckResult[];
  /** Names of gates that fail and would pass without its work. */
  failedGates: string[];
  execution?: ExecutionResult;
  /** What its judges have used. */
  judged: Usage;
  /** Rounds in which its work was sent back. */
  repairs: number;
  /** What its agent was sent back with, or was found when it ended; undefined where nothing is known against its work. */
  fault?: Fault | undefined;
  /** How it ended, once it has; `undefined` for well. */
  ended?: { error: ErrorRecord | undefined };
}

export function newAttemptRecord(): AttemptRecord {
  return { snapshot: { changedFiles: [] }, checks: [], failedGates: [], judged: noUsage(), repairs: 0 };
}

/** Of its executor and of those that judged it. */
export function usageOf({ execution, judged }: AttemptRecord): Usage {
  return addUsage(execution?.usage ?? noUsage(), judged);
}

/** Its workspace goes when the attempt ends. */
export function isAgentWithWorkspace({ subtask }: Assignment): boolean {
  return subtask.executor.kind === 'prompt' && subtask.workspace !== 'none';
}
