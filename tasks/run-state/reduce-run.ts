import type { FanfoldEvent, MergeEnd, RunEnd, RunStart } from '../events/events.ts';
import { isKnownEvent } from '../events/known-events.ts';
import type { Budget } from '../plan/plan.ts';
import { addUsage } from '../plan/usage.ts';
import { enterPhase, isFinal, reopen, subtaskIn } from './phases.ts';
import { reduceCanary, startCanary } from './reduce-canary.ts';
import { reduceSubtask } from './reduce-subtask.ts';
import { initialRunState, type RunState } from './run-state.ts';

const maximumNotices = 1_000;
const maximumMessages = 1_000;

/**
 * The state after an event. It changes and returns the state it is given, so that a long journal costs no copies: who
 * needs the state before must keep it from being reduced. Events may repeat and progress may be missing; an event of a
 * subtask that has its final state changes nothing. A second run-start is a resumed run.
 */
export function reduceRun(state: RunState, event: FanfoldEvent): RunState {
  switch (event.type) {
    case 'run-start':
      startRun(state, event);
      break;
    case 'plan-end':
      setBudget(state, event.plan.budget);
      for (const { id, title, executor, budget } of event.plan.subtasks) {
        const subtask = subtaskIn(state, id);
        if (budget !== undefined) subtask.budget = budget;
        subtask.executor = executor.kind;
        if (title !== undefined) subtask.title = title;
      }
      break;
    case 'merge-start':
      for (const id of event.subtasks) enterPhase(state, subtaskIn(state, id), 'merging');
      state.merges.push({ subtasks: event.subtasks, startedAt: event.time, landed: [] });
      break;
    case 'merge-ready':
      break;
    case 'message-send':
      state.messages.push({ time: event.time, from: event.from, to: event.to, text: event.text });
      if (state.messages.length > maximumMessages) state.messages.shift();
      break;
    case 'permission-request':
      if (!state.permissions.some(({ request }) => request === event.request)) state.permissions.push(event);
      break;
    case 'permission-end':
      state.permissions = state.permissions.filter(({ request }) => request !== event.request);
      break;
    case 'merge-end':
      endMerge(state, event);
      break;
    case 'gate-end':
      state.gates.push({ subtasks: event.subtasks, check: event.check });
      if (event.usage !== undefined) state.usage = addUsage(state.usage, event.usage);
      break;
    case 'notice':
      state.notices.push({ time: event.time, level: event.level, message: event.message });
      if (event.usage !== undefined) state.usage = addUsage(state.usage, event.usage);
      if (state.notices.length > maximumNotices) state.notices.shift();
      if (event.paused === true) state.paused = true;
      else if (event.paused === false) delete state.paused;
      break;
    case 'forecast-end':
    case 'canary-end':
      reduceCanary(state, event);
      break;
    case 'run-end':
      endRun(state, event);
      break;
    default: {
      // Of a newer version.
      if (!isKnownEvent(event)) break;
      const subtask = subtaskIn(state, event.subtask);
      if (!isFinal(subtask.status)) reduceSubtask(state, subtask, event);
    }
  }
  return state;
}

/** The state after all events of a run, in order. */
export function reduceEvents(events: Iterable<FanfoldEvent>): RunState {
  const state = initialRunState();
  for (const event of events) reduceRun(state, event);
  return state;
}

function startRun(state: RunState, event: RunStart): void {
  state.run = event.run;
  state.name = event.name;
  if (event.goal !== undefined) state.goal = event.goal;
  if (event.base !== undefined) state.base = event.base;
  if (event.branch !== undefined) state.branch = event.branch;
  state.repository = event.repository;
  state.pid = event.pid;
  state.concurrency = event.concurrency;
  state.threads = event.threads;
  state.status = 'running';
  state.startedAt ??= event.time;
  delete state.end;
  delete state.endedAt;
  delete state.durationMs;
  delete state.exitCode;
  delete state.error;
  // Whoever asked has ended with the coordinator, or gives up.
  state.permissions = [];
  delete state.paused;
  startCanary(state, event);
  for (const id of event.reopened ?? []) reopen(state, subtaskIn(state, id));
  for (const id of [...state.active]) enterPhase(state, subtaskIn(state, id), 'waiting');
}

/** Minutes are no part of what is spent. */
function setBudget(state: RunState, { usd, tokens }: Budget = {}): void {
  if (usd === undefined && tokens === undefined) return;
  state.budget = { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) };
}

function endMerge(state: RunState, event: MergeEnd): void {
  if (event.commit !== undefined) state.commit = event.commit;
  const key = event.subtasks.join('\n');
  const merge = state.merges.findLast(({ endedAt, subtasks }) => endedAt === undefined && subtasks.join('\n') === key);
  if (merge === undefined) return;
  merge.endedAt = event.time;
  merge.landed = event.landed;
  if (event.commit !== undefined) merge.commit = event.commit;
}

function endRun(state: RunState, event: RunEnd): void {
  state.status = event.status;
  state.exitCode = event.exitCode;
  state.usage = event.usage;
  state.denials = event.denials;
  state.durationMs = event.durationMs;
  state.endedAt = event.time;
  state.folder = event.folder;
  state.end = event;
  state.permissions = [];
  delete state.paused;
  if (event.commit !== undefined) state.commit = event.commit;
  if (event.branch !== undefined) state.branch = event.branch;
  if (event.error !== undefined) state.error = event.error;
}
