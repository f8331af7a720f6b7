import type { Assignment, Control, Mailbox, Outcome } from '../../ipc/index.ts';
import type { Subtask } from '../../tasks/index.ts';
import type { Reused } from '../results/result-cache.ts';
import type { EventLog } from '../run/event-log.ts';
import type { AcceptanceContext } from './accept-outcome.ts';
import type { Mail } from './mail.ts';
import type { Past } from './past.ts';
import type { Scheduler } from './scheduler.ts';

export interface DispatchOptions {
  mailbox: Mailbox;
  scheduler: Scheduler;
  subtasks: readonly Subtask[];
  log: EventLog;
  mail: Mail;
  acceptance: Omit<AcceptanceContext, 'wentOnFrom'>;
  /** The part of an assignment that does not depend on the subtask; `base` is asked anew for each. */
  assignment: () => Omit<Assignment, 'subtask' | 'attempt'>;
  /** What an earlier coordinator of the run left, by subtask; empty for a new run. */
  past: ReadonlyMap<string, Past>;
  /** What an earlier run made of a subtask; absent where there is nothing to look up. */
  reuse: ((subtask: Subtask) => Promise<Reused | undefined>) | undefined;
  /** Keeps the result of an accepted subtask for later runs. */
  keepResult: (subtask: Subtask, outcome: Outcome) => void;
  /** Keeps the structured output of an accepted subtask. */
  keepOutput: (subtask: string, output: unknown) => void;
  /** Somebody gave an order by mail. */
  onControl: (control: Control) => void;
  /** The mailbox or the journal failed: the run can't go on. */
  onFailure: (error: unknown) => void;
}
