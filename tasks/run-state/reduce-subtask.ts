import type { AttemptEnd, FanfoldEvent, SubtaskEnd } from '../events/events.ts';
import { addUsage, noUsage, type Usage } from '../plan/usage.ts';
import { enterPhase } from './phases.ts';
import type { RunState, SubtaskState } from './run-state.ts';

export type SubtaskEvent = Extract<FanfoldEvent, { subtask: string }>;

/** Applies an event of one subtask that has no final state yet. */
export function reduceSubtask(state: RunState, subtask: SubtaskState, event: SubtaskEvent): void {
  switch (event.type) {
    case 'subtask-queue':
      subtask.attempt = event.attempt;
      delete subtask.worker;
      enterPhase(state, subtask, 'queued');
      break;
    case 'subtask-start':
      subtask.attempt = event.attempt;
      subtask.worker = event.worker;
      subtask.startedAt ??= event.time;
      subtask.checks = [];
      subtask.turns = 0;
      enterPhase(state, subtask, 'running');
      break;
    case 'subtask-progress':
      if (isCurrent(subtask, event.attempt)) subtask.activity = event.activity;
      break;
    case 'tool-start':
      if (isCurrent(subtask, event.attempt)) subtask.activity = `${event.tool} ${event.summary}`.trim();
      break;
    case 'tool-end':
      break;
    case 'model-end':
      if (!isCurrent(subtask, event.attempt)) break;
      if (event.helper === undefined) subtask.turns = Math.max(subtask.turns, event.turn);
      spend(state, subtask, addUsage(subtask.attemptUsage, event.usage));
      break;
    case 'check-end':
      if (event.attempt !== subtask.attempt) break;
      subtask.checks = [...subtask.checks.filter(({ name }) => name !== event.check.name), event.check];
      break;
    case 'attempt-end':
      endAttempt(state, subtask, event);
      break;
    case 'subtask-end':
      endSubtask(state, subtask, event);
      break;
  }
}

/** Progress of an attempt that another has overtaken is stale. */
function isCurrent(subtask: SubtaskState, attempt: number): boolean {
  return subtask.status === 'running' && subtask.attempt === attempt;
}

/** Who has ended waits for no answer. */
function dropPermissions(state: RunState, { id }: SubtaskState): void {
  if (state.permissions.length > 0) state.permissions = state.permissions.filter(({ subtask }) => subtask !== id);
}

function endAttempt(state: RunState, subtask: SubtaskState, event: AttemptEnd): void {
  dropPermissions(state, subtask);
  spend(state, subtask, event.usage);
  subtask.attemptUsage = noUsage();
  if (subtask.budget !== undefined) subtask.workedMs = (subtask.workedMs ?? 0) + event.durationMs;
  subtask.denials += event.denials;
  state.denials += event.denials;
  if (event.commit !== undefined) subtask.commit = event.commit;
  if (event.error !== undefined) subtask.error = event.error;
  if (event.repairs !== undefined) subtask.repairs = event.repairs;
  if (event.candidates !== undefined) subtask.candidates = event.candidates;
  if (event.candidate !== undefined) subtask.candidate = event.candidate;
  if (event.retry) enterPhase(state, subtask, 'waiting');
  else if (event.result === 'changed') enterPhase(state, subtask, 'merging');
}

function endSubtask(state: RunState, subtask: SubtaskState, event: SubtaskEnd): void {
  dropPermissions(state, subtask);
  const usage = difference(subtask.usage, event.usage);
  state.usage = addUsage(state.usage, usage);
  state.denials += event.denials - subtask.denials;
  subtask.usage = event.usage;
  subtask.attemptUsage = noUsage();
  subtask.denials = event.denials;
  subtask.attempt = event.attempts;
  subtask.endedAt = event.time;
  subtask.durationMs = event.durationMs;
  if (event.commit !== undefined) subtask.commit = event.commit;
  if (event.branch !== undefined) subtask.branch = event.branch;
  if (event.changedFiles !== undefined) subtask.changedFiles = event.changedFiles;
  if (event.reusedFrom !== undefined) subtask.reusedFrom = event.reusedFrom;
  if (event.error !== undefined) subtask.error = event.error;
  else if (event.status !== 'failed' && event.status !== 'cancelled' && event.status !== 'conflicted')
    delete subtask.error;
  enterPhase(state, subtask, event.status);
}

/** Sets what the current attempt used, in the subtask and in the run. */
function spend(state: RunState, subtask: SubtaskState, attemptUsage: Usage): void {
  const usage = difference(subtask.attemptUsage, attemptUsage);
  subtask.attemptUsage = attemptUsage;
  subtask.usage = addUsage(subtask.usage, usage);
  state.usage = addUsage(state.usage, usage);
}

function difference(before: Usage, after: Usage): Usage {
  return {
    inputTokens: after.inputTokens - before.inputTokens,
    outputTokens: after.outputTokens - before.outputTokens,
    cacheReadTokens: after.cacheReadTokens - before.cacheReadTokens,
    cacheWriteTokens: after.cacheWriteTokens - before.cacheWriteTokens,
    usd: after.usd - before.usd,
  };
}
