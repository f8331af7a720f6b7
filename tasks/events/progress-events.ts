import type { Usage } from '../plan/usage.ts';
import type { EventBase } from './event-base.ts';

/** Progress. */
export interface SubtaskStart extends EventBase {
  type: 'subtask-start';
  subtask: string;
  attempt: number;
  worker: string;
}

/** Progress. */
export interface SubtaskProgress extends EventBase {
  type: 'subtask-progress';
  subtask: string;
  attempt: number;
  worker: string;
  /** What it is doing now, one line, control sequences removed. */
  activity: string;
}

/** Progress. */
export interface ToolStart extends EventBase {
  type: 'tool-start';
  subtask: string;
  attempt: number;
  worker: string;
  tool: string;
  toolUseId: string;
  /** One line that names the subject, for instance a path or a command. */
  summary: string;
}

/** Progress. */
export interface ToolEnd extends EventBase {
  type: 'tool-end';
  subtask: string;
  attempt: number;
  worker: string;
  tool: string;
  toolUseId: string;
  durationMs: number;
  status: 'ok' | 'error' | 'denied' | 'cancelled';
}

/** Progress. */
export interface ModelEnd extends EventBase {
  type: 'model-end';
  subtask: string;
  attempt: number;
  worker: string;
  turn: number;
  /** Number of the helper whose turn it was, among those of the attempt; absent for the agent's own. */
  helper?: number;
  model: string;
  usage: Usage;
  stopReason: string | null;
  durationMs: number;
}
