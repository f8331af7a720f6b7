import type { EventBase } from './event-base.ts';

/** Somebody wrote to somebody: an agent to another or to the coordinator, or a person to an agent. */
export interface MessageSent extends EventBase {
  type: 'message-send';
  /** Id of a subtask, `coordinator`, or `person`. */
  from: string;
  to: string;
  /** Control sequences removed. */
  text: string;
}

/** An agent asks leave for a tool call. */
export interface PermissionRequested extends EventBase {
  type: 'permission-request';
  subtask: string;
  attempt: number;
  worker: string;
  /** Names this request and its answer. */
  request: string;
  tool: string;
  /** One line that names the subject. */
  summary: string;
  reason: string;
}

export interface PermissionEnd extends EventBase {
  type: 'permission-end';
  subtask: string;
  request: string;
  allowed: boolean;
  /** `person`, `nobody` (nobody is there to ask) or `timeout`. */
  by: 'person' | 'nobody' | 'timeout';
}
