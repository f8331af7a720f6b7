import { noUsage } from '../plan/usage.ts';
import type { RunState, SubtaskPhase, SubtaskState } from './run-state.ts';

const activePhases: readonly SubtaskPhase[] = ['queued', 'running', 'merging'];

/** True for phases that a subtask never leaves. */
export function isFinal(phase: SubtaskPhase): boolean {
  return phase !== 'waiting' && !activePhases.includes(phase);
}

/** The state of a subtask, made known when an event is the first to name it. */
export function subtaskIn(state: RunState, id: string): SubtaskState {
  const known = state.subtasks[id];
  if (known !== undefined) return known;
  const subtask: SubtaskState = {
    id,
    status: 'waiting',
    attempt: 0,
    checks: [],
    usage: noUsage(),
    attemptUsage: noUsage(),
    turns: 0,
    denials: 0,
  };
  state.subtasks[id] = subtask;
  state.counts.waiting += 1;
  return subtask;
}

/** Moves a subtask that has no final state yet, and keeps the counts. */
export function enterPhase(state: RunState, subtask: SubtaskState, phase: SubtaskPhase): void {
  if (isFinal(subtask.status)) return;
  state.counts[subtask.status] -= 1;
  state.counts[phase] += 1;
  subtask.status = phase;
  if (activePhases.includes(phase)) state.active.add(subtask.id);
  else state.active.delete(subtask.id);
  if (phase !== 'running') delete subtask.activity;
}

/** A subtask that had ended is tried again; what it used so far stays counted. */
export function reopen(state: RunState, subtask: SubtaskState): void {
  if (!isFinal(subtask.status)) return;
  state.counts[subtask.status] -= 1;
  state.counts.waiting += 1;
  subtask.status = 'waiting';
  delete subtask.endedAt;
  delete subtask.durationMs;
  delete subtask.error;
}
