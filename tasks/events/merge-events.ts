import type { Usage } from '../plan/usage.ts';
import type { CheckResult } from './check-result.ts';
import type { EventBase } from './event-base.ts';

export interface MergeStart extends EventBase {
  type: 'merge-start';
  subtasks: string[];
  onto: string;
}

/** The merged tree has passed its gates: the branch moves next. Journalled before it does, so that no work lands twice. */
export interface MergeReady extends EventBase {
  type: 'merge-ready';
  subtasks: string[];
  /** Tip of the target branch before and after. */
  onto: string;
  commit: string;
}

export interface MergeEnd extends EventBase {
  type: 'merge-end';
  subtasks: string[];
  landed: string[];
  /** The new tip of the target branch, when something landed. */
  commit?: string;
}

/** A gate ran on a merged tree. */
export interface GateEnd extends EventBase {
  type: 'gate-end';
  subtasks: string[];
  check: CheckResult;
  /** What all judges of that tree have used; on its first gate. */
  usage?: Usage;
}
