import type { Outcome, OutgoingMessage } from '../../ipc/index.ts';
import type { Subtask } from '../../tasks/index.ts';
import type { Continuation, Past } from './past.ts';
import type { Scheduler } from './scheduler.ts';

/** What dispatch does with each kind of past. */
export interface TakingUp {
  scheduler: Scheduler;
  /** The message of an attempt, to be published again: nobody knows whether it was. */
  handOut(subtask: Subtask, attempt: number, continues: Continuation | undefined): OutgoingMessage;
  goOnFrom(id: string, continues: Continuation | undefined): void;
  /** A later answer of this attempt does not count. */
  answered(id: string, attempt: number): void;
  judge(subtask: Subtask, outcome: Outcome): void;
  landed(subtask: Subtask, past: Past & { kind: 'landed' }): void;
  /** Subtasks that can never start, because `need` did not land. */
  lost(subtasks: readonly Subtask[], need: string): void;
}

/** Puts each subtask back to where an earlier coordinator left it. Returns the messages to publish. */
export function takeUpPast(
  subtasks: readonly Subtask[],
  pasts: ReadonlyMap<string, Past>,
  taking: TakingUp,
): OutgoingMessage[] {
  const { scheduler } = taking;
  const messages: OutgoingMessage[] = [];
  for (const subtask of subtasks) {
    const { id } = subtask;
    const past = pasts.get(id);
    if (past === undefined) continue;
    if (past.kind === 'settled') {
      taking.lost(scheduler.settle(id, past.satisfied), id);
    } else if (past.kind === 'again') {
      scheduler.restore(id, past.attempts, 'waiting');
      taking.answered(id, past.attempts);
      taking.goOnFrom(id, past.continues);
    } else if (past.kind === 'out') {
      scheduler.restore(id, past.attempts, 'out');
      messages.push(taking.handOut(subtask, past.attempts, past.continues));
    } else {
      scheduler.restore(id, past.attempts, 'returned');
      taking.answered(id, past.attempts);
      if (past.kind === 'landed') taking.landed(subtask, past);
      else taking.judge(subtask, past.outcome);
    }
  }
  return messages;
}
