/**
 * One union of events feeds the journal, the terminal, `--json` and reports. Names are noun-action. Every event has
 * `time` (ISO 8601) and `run`. Events marked "progress" may be lost; all others are journalled before they are shown.
 */
import type { GateEnd, MergeEnd, MergeReady, MergeStart } from './merge-events.ts';
import type { MessageSent, PermissionEnd, PermissionRequested } from './message-events.ts';
import type { ModelEnd, SubtaskProgress, SubtaskStart, ToolEnd, ToolStart } from './progress-events.ts';
import type { CanaryEnd, ForecastEnd, Notice, PlanEnd, RunEnd, RunStart } from './run-events.ts';
import type { AttemptEnd, CheckEnd, SubtaskEnd, SubtaskQueued } from './subtask-events.ts';

export type * from './check-result.ts';
export type * from './merge-events.ts';
export type * from './message-events.ts';
export type * from './progress-events.ts';
export type * from './run-events.ts';
export type * from './subtask-events.ts';

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
