/**
 * What a run came to: the one shape behind report.json, report.md, junit.xml and the report on the screen. Made from
 * the RunState by toReport, so that all four say the same.
 */
import type {
  CandidateResult,
  CheckResult,
  ErrorRecord,
  RunEnd,
  RunState,
  SubtaskState,
  SubtaskStatus,
  Usage,
} from '../../tasks/index.ts';

import type { CanaryReport } from './canary-report.ts';

/** The fields of the `run-end` event, and what led there. The content of report.json. */
export interface Report extends Omit<RunEnd, 'type' | 'time' | 'status' | 'exitCode'> {
  version: 1;
  /** `unfinished` while the run has not ended. */
  status: RunEnd['status'] | 'unfinished';
  /** Absent while the run has not ended. */
  exitCode?: number;
  name: string;
  goal?: string;
  /** What the run may spend, where that is limited. */
  budget?: NonNullable<RunState['budget']>;
  repository: string;
  base?: string;
  /** Where some subtasks went before all others. */
  canary?: CanaryReport;
  /** It is at work and starts nothing more. */
  paused?: true;
  /** ISO 8601. */
  startTime?: string;
  endTime?: string;
  /** One entry for every subtask, in the order of the plan. */
  results: SubtaskReport[];
  gates: GateReport[];
  notices: RunState['notices'];
  /** Of agents to the coordinator and of people to agents, the last 1,000. */
  messages: RunState['messages'];
}

export interface SubtaskReport {
  id: string;
  title?: string;
  executor?: NonNullable<SubtaskState['executor']>;
  /** `unfinished` while the run goes on, or when its coordinator was killed. */
  status: SubtaskStatus | 'unfinished';
  /** How far a subtask had come that has no final state of its own. */
  phase?: 'waiting' | 'queued' | 'running' | 'merging';
  attempts: number;
  commit?: string;
  /** Keeps the work of a subtask that did not land. */
  branch?: string;
  error?: ErrorRecord;
  changedFiles?: string[];
  /** The run that did the work, where it was not this one. */
  reusedFrom?: string;
  checks: CheckResult[];
  usage: Usage;
  durationMs: number;
  denials: number;
  /** How often its work was sent back to its agent; see AttemptEnd. */
  repairs?: number;
  /** Where several agents tried: how each did, and whose work was chosen. */
  candidates?: CandidateResult[];
  candidate?: number;
}

/** A check that ran on a merged tree with these subtasks in it. */
export type GateReport = RunState['gates'][number];

/** `tolerated`: it did not pass, and that is held against nobody. */
export function verdictOf({ passed, gate, failedOnBase }: CheckResult): 'passed' | 'failed' | 'tolerated' {
  if (passed) return 'passed';
  return gate && failedOnBase !== true ? 'failed' : 'tolerated';
}

/** True where the work counts: it is in the target branch, or nothing had to be changed. */
export function isAccepted({ status }: SubtaskReport): boolean {
  return status === 'landed' || status === 'unchanged' || status === 'cached';
}

/** What went wrong first, what only followed from it last. */
export function failuresOf({ results }: Report): SubtaskReport[] {
  return results.filter((result) => !isAccepted(result)).toSorted((left, right) => rankOf(left) - rankOf(right));
}

/** The end of the output that shows why, or undefined when there is none. */
export function evidenceOf({ error, checks }: SubtaskReport): string | undefined {
  const failed = checks.findLast((check) => verdictOf(check) === 'failed')?.outputTail;
  if (failed !== undefined && failed.trim() !== '') return failed;
  return Object.entries(error?.data ?? {})
    .filter(([name]) => /output|stderr|stdout|tail/i.test(name))
    .map(([, value]) => value)
    .find((value): value is string => typeof value === 'string' && value.trim() !== '');
}

function rankOf({ status, error }: SubtaskReport): number {
  if (status === 'unfinished') return 4;
  if (status === 'cancelled') return 3;
  if (error?.code === 'dependency-failed') return 2;
  return status === 'conflicted' ? 1 : 0;
}
