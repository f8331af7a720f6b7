import { type RunState, type SubtaskState, subtaskCounts } from '../../tasks/index.ts';
import { canaryReport } from './canary-report.ts';
import type { Report, SubtaskReport } from './report.ts';

/**
 * What a run came to so far. `folder` is the run's folder, absolute. Subtasks without a final state are unfinished
 * while the run goes on, and cancelled once it has ended. `now` (milliseconds since the epoch) ends the duration of a
 * run that has not ended.
 */
export function toReport(state: RunState, folder: string, now = Date.now()): Report {
  const { status, name, run, goal, repository, base, branch, commit, exitCode, startedAt, endedAt, error } = state;
  const ended = status !== 'planned' && status !== 'running';
  const results = Object.values(state.subtasks).map((subtask) => toSubtaskReport(subtask, ended));
  const counts = subtaskCounts(state);
  const unsettled = results.filter((result) => result.phase !== undefined).length;
  const elapsed = startedAt === undefined ? 0 : Math.max(0, now - Date.parse(startedAt));
  const canary = canaryReport(state);
  return {
    version: 1,
    run: run ?? '',
    name: name ?? run ?? '',
    ...(goal === undefined ? {} : { goal }),
    status: ended ? status : 'unfinished',
    ...(exitCode === undefined ? {} : { exitCode }),
    repository: repository ?? '',
    ...(base === undefined ? {} : { base }),
    ...(branch === undefined ? {} : { branch }),
    ...(commit === undefined ? {} : { commit }),
    ...(canary === undefined ? {} : { canary }),
    ...(state.paused === undefined ? {} : { paused: true }),
    ...(startedAt === undefined ? {} : { startTime: startedAt }),
    ...(endedAt === undefined ? {} : { endTime: endedAt }),
    durationMs: state.durationMs ?? elapsed,
    subtasks: ended ? { ...counts, cancelled: counts.cancelled + unsettled } : counts,
    usage: state.usage,
    ...(state.budget === undefined ? {} : { budget: state.budget }),
    denials: state.denials,
    folder,
    ...(error === undefined ? {} : { error }),
    results,
    gates: state.gates,
    notices: state.notices,
    messages: state.messages,
  };
}

function toSubtaskReport(subtask: SubtaskState, ended: boolean): SubtaskReport {
  const {
    id,
    title,
    executor,
    status,
    attempt,
    commit,
    branch,
    error,
    changedFiles,
    reusedFrom,
    checks,
    usage,
    durationMs,
    denials,
    repairs,
    candidates,
    candidate,
  } = subtask;
  const open = status === 'waiting' || status === 'queued' || status === 'running' || status === 'merging';
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(executor === undefined ? {} : { executor }),
    ...(open ? { status: ended ? 'cancelled' : 'unfinished', phase: status } : { status }),
    attempts: attempt,
    ...(commit === undefined ? {} : { commit }),
    ...(branch === undefined ? {} : { branch }),
    ...(error === undefined ? {} : { error }),
    ...(changedFiles === undefined ? {} : { changedFiles }),
    ...(reusedFrom === undefined ? {} : { reusedFrom }),
    checks,
    usage,
    durationMs: durationMs ?? 0,
    denials,
    ...(repairs === undefined ? {} : { repairs }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(candidate === undefined ? {} : { candidate }),
  };
}
