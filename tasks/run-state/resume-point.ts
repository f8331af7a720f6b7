/**
 * What a coordinator must know to take up a run again, as a pure reduction of its journal; called by coordinator/run.
 * Promise: events may repeat, and progress may be missing. What the journal does not tell (a message that was
 * published just before a crash) is asked of the mailbox.
 */
import type {
  AttemptEnd,
  CheckResult,
  FanfoldEvent,
  MergeReady,
  Repair,
  RunStart,
  SubtaskEnd,
} from '../events/events.ts';
import type { Plan } from '../plan/plan.ts';

export interface SubtaskPoint {
  /** Attempts handed out so far. */
  attempts: number;
  /** Attempts before it was reopened the last time: they don't count towards its retries. */
  forgiven: number;
  /** How the last attempt that ended did. */
  ended?: AttemptEnd;
  /** Of the attempt that ended last. */
  checks: CheckResult[];
  /** It was reopened because its work was no good: what its last attempt made is not taken. */
  redo?: true;
  /** Its final state, unless it was reopened since. */
  final?: SubtaskEnd;
  /** What the attempt at hand goes on from. */
  continues?: { attempt: number; commit?: string; candidate?: number };
  /** What gates say of its work, for the agent that goes on. */
  repair?: Repair;
}

export interface ResumePoint {
  /** How the run was started the last time. */
  start?: RunStart;
  plan?: Plan;
  /** How often a coordinator has taken up the run. */
  sessions: number;
  subtasks: Map<string, SubtaskPoint>;
  /** Merges that passed their gates, in order; the branch has moved to some or all of them. */
  ready: MergeReady[];
}

export function initialResumePoint(): ResumePoint {
  return { sessions: 0, subtasks: new Map(), ready: [] };
}

/** Changes and returns the point it is given. */
export function reduceResumePoint(point: ResumePoint, event: FanfoldEvent): ResumePoint {
  switch (event.type) {
    case 'run-start':
      point.start = event;
      point.sessions = event.session ?? point.sessions + 1;
      for (const id of event.reopened ?? []) reopen(pointOf(point, id));
      break;
    case 'plan-end':
      point.plan = event.plan;
      break;
    case 'subtask-queue': {
      const subtask = pointOf(point, event.subtask);
      subtask.attempts = Math.max(subtask.attempts, event.attempt);
      delete subtask.continues;
      delete subtask.repair;
      if (event.repair !== undefined) {
        // It failed by no fault of the machine: what follows may be tried as often as a first attempt.
        if (subtask.ended?.retry === false) subtask.forgiven = Math.max(subtask.forgiven, subtask.ended.attempt);
        subtask.repair = event.repair;
      }
      if (event.attempt > subtask.forgiven) delete subtask.redo;
      if (event.continues !== undefined) subtask.continues = event.continues;
      break;
    }
    case 'check-end': {
      const subtask = pointOf(point, event.subtask);
      if (event.attempt !== subtask.ended?.attempt) {
        subtask.checks = [...subtask.checks.filter(({ name }) => name !== event.check.name), event.check];
      }
      break;
    }
    case 'attempt-end': {
      const subtask = pointOf(point, event.subtask);
      subtask.attempts = Math.max(subtask.attempts, event.attempt);
      subtask.ended = event;
      if (event.retry) subtask.checks = [];
      break;
    }
    case 'merge-ready':
      point.ready.push(event);
      break;
    case 'subtask-end':
      pointOf(point, event.subtask).final = event;
      break;
    default:
  }
  return point;
}

function pointOf(point: ResumePoint, id: string): SubtaskPoint {
  const known = point.subtasks.get(id);
  if (known !== undefined) return known;
  const made: SubtaskPoint = { attempts: 0, forgiven: 0, checks: [] };
  point.subtasks.set(id, made);
  return made;
}

function reopen(subtask: SubtaskPoint): void {
  subtask.forgiven = subtask.attempts;
  if (subtask.final !== undefined && subtask.final.status !== 'cancelled') {
    subtask.redo = true;
    delete subtask.repair;
    subtask.checks = [];
  }
  delete subtask.final;
}
