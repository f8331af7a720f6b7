/**
 * What is out with workers, and what the next attempt of each subtask goes on from. Called by dispatch.ts. Promise: what
 * an attempt is told is in the journal with it, so that another coordinator can hand it out again just the same.
 */
import { type Assignment, type Envelope, type Outcome, recipients, runChain, runVariable } from '../../ipc/index.ts';
import type { Repair, Subtask } from '../../tasks/index.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import { messageId } from './message-id.ts';
import { type Continuation, repairsOf } from './past.ts';
import { spentBy } from './spent-by.ts';

export interface HandOuts {
  /** It is at work from now on, however often this is said. */
  begin(id: string): void;
  /** How long it has been at work in this session; 0 before it began. */
  durationMs(id: string): number;
  /** The message of an attempt, which counts as handed out from now on. */
  handOut(subtask: Subtask, attempt: number): Envelope;
  /** Of a message that was handed out. */
  subtaskOf(messageId: string): Subtask | undefined;
  /** Where its next attempt goes on; undefined changes nothing. */
  goOnFrom(id: string, continues: Continuation | undefined): void;
  /** What its newest attempt was told to go on from. */
  given(id: string): Continuation | undefined;
  /** What its agent has made, where it waits to go on with that. */
  waitsWith(id: string): string | undefined;
  /** Its next attempt goes on from nothing. */
  beginAnew(id: string): void;
  /** The agent of this attempt is to mend its work; attempts up to this one don't count towards its retries. */
  sendBack(outcome: Outcome, continues: Continuation, repair: Repair): void;
  /** What gates have said of its work, for the agent that goes on. */
  repairOf(id: string): Repair | undefined;
  /** The commit that its newest attempt went on from. */
  wentOnFrom(id: string): string | undefined;
  mayRetry(outcome: Outcome, subtask: Subtask): boolean;
}

export function createHandOuts(options: Pick<DispatchOptions, 'log' | 'mail' | 'assignment' | 'past'>): HandOuts {
  const { log, past } = options;
  const startedAt = new Map<string, number>();
  const out = new Map<string, Subtask>();
  const continuations = new Map<string, Continuation>();
  const repairs = repairsOf(past);
  const sentBack = new Map<string, Outcome>();
  const wentOnFrom = new Map<string, string | undefined>();
  const given = new Map<string, Continuation | undefined>();

  function givenBefore(id: string): Continuation | undefined {
    const before = past.get(id);
    return before !== undefined && 'continues' in before ? before.continues : undefined;
  }

  function forgiven(id: string): number {
    const before = past.get(id);
    return Math.max(
      before === undefined || before.kind === 'settled' ? 0 : before.forgiven,
      sentBack.get(id)?.attempt ?? 0,
    );
  }

  return {
    begin(id) {
      if (!startedAt.has(id)) startedAt.set(id, performance.now());
    },
    durationMs(id) {
      const began = startedAt.get(id);
      return began === undefined ? 0 : Math.round(performance.now() - began);
    },
    handOut(subtask, attempt) {
      const continues = continuations.get(subtask.id);
      given.set(subtask.id, continues);
      const goesOn = continues === undefined ? {} : { continues };
      const repair = repairs.get(subtask.id);
      const mends = repair === undefined ? {} : { repair };
      // What was sent back may have been kept on a branch before it was brought onto the tip.
      wentOnFrom.set(subtask.id, sentBack.get(subtask.id)?.commit ?? continues?.commit);
      log.emit({ type: 'subtask-queue', subtask: subtask.id, attempt, ...goesOn, ...mends });
      const common = options.assignment();
      // Every command of the run can be found by this variable, also one whose worker is gone.
      const environment = { ...subtask.environment, [runVariable]: runChain(common.run, process.env) };
      const part = options.mail.assignmentPart(subtask);
      const body: Assignment = {
        ...common,
        ...part,
        subtask: { ...subtask, environment },
        attempt,
        ...goesOn,
        ...mends,
        ...spentBy(log.state, subtask),
      };
      const id = messageId(subtask.id, attempt);
      out.set(id, subtask);
      return { version: 1, id, kind: 'assignment', from: recipients.coordinator, to: recipients.workers, body };
    },
    subtaskOf: (id) => out.get(id),
    goOnFrom(id, continues) {
      if (continues !== undefined) continuations.set(id, continues);
    },
    given: (id) => (given.has(id) ? given.get(id) : givenBefore(id)),
    waitsWith: (id) => sentBack.get(id)?.commit ?? continuations.get(id)?.commit,
    beginAnew: (id) => continuations.delete(id),
    sendBack(outcome, continues, repair) {
      continuations.set(outcome.subtask, continues);
      repairs.set(outcome.subtask, repair);
      sentBack.set(outcome.subtask, outcome);
    },
    repairOf: (id) => repairs.get(id),
    wentOnFrom: (id) => wentOnFrom.get(id),
    mayRetry({ error, attempt }, { id, retries }) {
      const failure = error?.failure;
      return (failure === 'transient' || failure === 'timeout') && attempt - forgiven(id) <= retries;
    },
  };
}
