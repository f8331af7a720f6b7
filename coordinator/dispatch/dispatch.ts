/**
 * Hands out subtasks through the mailbox and takes in outcomes until everything is settled or the run is stopped.
 * Called by orchestrate.ts. Promise: an outcome is journalled before its envelope is acknowledged, counts once, and
 * settles its subtask once.
 */
import {
  type Assignment,
  type Claim,
  controlSchema,
  type Envelope,
  gateResultSchema,
  type Mailbox,
  type Outcome,
  type OutgoingMessage,
  outcomeSchema,
  questionId,
  recipients,
} from '../../ipc/index.ts';
import { type EventInput, messageOf, noUsage, type Subtask, toErrorRecord } from '../../tasks/index.ts';
import type { EventLog } from '../run/event-log.ts';
import { runChain, runVariable } from '../run/run-processes.ts';
import { type AcceptanceContext, acceptOutcome, type Verdict } from './accept-outcome.ts';
import { attemptEnd } from './attempt-end.ts';
import { messageId } from './message-id.ts';
import type { Scheduler } from './scheduler.ts';
import { dependencyError, lostError } from './subtask-errors.ts';

export interface DispatchOptions {
  mailbox: Mailbox;
  scheduler: Scheduler;
  subtasks: readonly Subtask[];
  log: EventLog;
  acceptance: AcceptanceContext;
  /** The part of an assignment that does not depend on the subtask; `base` is asked anew for each. */
  assignment: () => Omit<Assignment, 'subtask' | 'attempt'>;
  /** Keeps the structured output of an accepted subtask. */
  keepOutput: (subtask: string, output: unknown) => void;
  /** Somebody asked for the run to end, by mail. */
  onCancel: (reason: string) => void;
  /** The mailbox or the journal failed: the run can't go on. */
  onFailure: (error: unknown) => void;
}

export interface Dispatch {
  /** Hand out what can go. Called whenever something may have become possible. */
  pump(): Promise<void>;
  /** Take in mail until `signal` aborts. */
  receive(signal: AbortSignal): Promise<void>;
  /** Take in what has arrived, and return. */
  receiveArrived(): Promise<void>;
  /** Resolves when every subtask is settled. */
  settled: Promise<void>;
  /** Hand out nothing more. */
  close(): void;
  /** Resolves when no accepted outcome is waiting for its verdict. */
  idle(): Promise<void>;
  /** The message of an attempt was buried: its subtask failed for good. */
  buried(messageId: string, reason: string): void;
}

const retryDelayMs = 1_000;

export function createDispatch(options: DispatchOptions): Dispatch {
  const { mailbox, scheduler, log, acceptance } = options;
  const byId = new Map(options.subtasks.map((subtask) => [subtask.id, subtask]));
  const startedAt = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  const answered = new Set<string>();
  /** Handed-out messages by id. */
  const out = new Map<string, Subtask>();
  let open = true;
  let markSettled = (): void => {};
  const settled = new Promise<void>((resolve) => {
    markSettled = resolve;
  });

  async function pump(): Promise<void> {
    const messages: OutgoingMessage[] = [];
    for (let next = open ? scheduler.next() : undefined; next !== undefined; next = scheduler.next()) {
      if (!startedAt.has(next.subtask.id)) startedAt.set(next.subtask.id, performance.now());
      messages.push({ envelope: handOut(next.subtask, next.attempt) });
    }
    if (messages.length > 0) await mailbox.publishMany(recipients.workers, messages);
  }

  function handOut(subtask: Subtask, attempt: number): Envelope {
    log.emit({ type: 'subtask-queue', subtask: subtask.id, attempt });
    const common = options.assignment();
    // Every command of the run can be found by this variable, also one whose worker is gone.
    const environment = { ...subtask.environment, [runVariable]: runChain(common.run, process.env) };
    const body: Assignment = { ...common, subtask: { ...subtask, environment }, attempt };
    const id = messageId(subtask.id, attempt);
    out.set(id, subtask);
    return { version: 1, id, kind: 'assignment', from: recipients.coordinator, to: recipients.workers, body };
  }

  async function take(claim: Claim): Promise<void> {
    const { kind, body } = claim.envelope;
    if (kind === 'outcome') {
      const outcome = outcomeSchema.parse(body);
      if (isExpected(outcome)) {
        answered.add(messageId(outcome.subtask, outcome.attempt));
        const work: Promise<void> = handle(outcome)
          .catch(options.onFailure)
          .finally(() => pending.delete(work));
        pending.add(work);
        await log.flush();
      }
    } else if (kind === 'gate-result') acceptance.gates.answered(gateResultSchema.parse(body));
    else if (kind === 'control') {
      const control = controlSchema.parse(body);
      if (control.action === 'cancel') options.onCancel(control.reason);
    }
    await mailbox.complete(claim);
  }

  /** Only the first answer to the newest attempt counts; a paused worker's late one does not. */
  function isExpected({ subtask, attempt }: Outcome): boolean {
    if (!byId.has(subtask)) return false;
    return scheduler.attempts(subtask) === attempt && !answered.has(messageId(subtask, attempt));
  }

  async function handle(outcome: Outcome): Promise<void> {
    const { subtask: id, attempt } = outcome;
    const subtask = byId.get(id);
    if (subtask === undefined) return;
    for (const check of outcome.checks) log.emit({ type: 'check-end', subtask: id, attempt, check });
    const retry = open && mayRetry(outcome, subtask);
    log.emit(attemptEnd(outcome, retry));
    if (retry) {
      const delayMs = retryDelayMs * 2 ** (attempt - 1);
      await mailbox.publish(recipients.workers, handOut(subtask, scheduler.retry(id)), { delayMs });
      return;
    }
    scheduler.returned(id);
    pump().catch(options.onFailure);
    let verdict: Verdict;
    try {
      verdict = await acceptOutcome(outcome, subtask, acceptance);
    } catch (error) {
      verdict = { status: 'failed', error: toErrorRecord(error) };
    }
    if (verdict.status === 'landed' || verdict.status === 'unchanged') {
      if (outcome.output !== undefined) options.keepOutput(id, outcome.output);
    }
    settle(subtask, verdict, outcome);
  }

  function settle(subtask: Subtask, verdict: Verdict, outcome?: Outcome): void {
    const satisfied = verdict.status === 'landed' || verdict.status === 'unchanged';
    const lost = scheduler.settle(subtask.id, satisfied);
    log.emit(subtaskEnd(subtask, verdict, outcome));
    for (const dependant of lost) {
      log.emit(subtaskEnd(dependant, { status: 'failed', error: dependencyError(dependant, subtask.id) }));
    }
    if (scheduler.done()) markSettled();
    else pump().catch(options.onFailure);
  }

  function subtaskEnd(subtask: Subtask, verdict: Verdict, outcome?: Outcome): EventInput {
    const began = startedAt.get(subtask.id);
    const spent = log.state.subtasks[subtask.id]?.usage;
    return {
      type: 'subtask-end',
      subtask: subtask.id,
      status: verdict.status,
      attempts: scheduler.attempts(subtask.id),
      ...(verdict.commit === undefined ? {} : { commit: verdict.commit }),
      ...(verdict.branch === undefined ? {} : { branch: verdict.branch }),
      ...(verdict.error === undefined ? {} : { error: verdict.error }),
      ...(outcome?.changedFiles === undefined ? {} : { changedFiles: outcome.changedFiles }),
      usage: spent ?? outcome?.usage ?? noUsage(),
      durationMs: began === undefined ? 0 : Math.round(performance.now() - began),
      denials: outcome?.denials ?? 0,
    };
  }

  function buried(id: string, reason: string): void {
    const subtask = out.get(id);
    if (subtask === undefined || answered.has(id)) return;
    answered.add(id);
    settle(subtask, { status: 'failed', error: lostError(subtask.id, reason) });
  }

  async function receiveArrived(): Promise<void> {
    for (
      let claim = await mailbox.claim(recipients.coordinator, recipients.coordinator);
      claim !== undefined;
      claim = await mailbox.claim(recipients.coordinator, recipients.coordinator)
    ) {
      try {
        await take(claim);
      } catch (error) {
        // An answer that can't be read will not come again: its question counts as given up.
        const reason = `its answer can't be read: ${messageOf(error)}`;
        const { id } = claim.envelope;
        await mailbox.fail(claim, { retry: false, reason });
        buried(questionId(id, recipients.workers) ?? '', reason);
        acceptance.gates.buried(questionId(id, recipients.gates) ?? '', reason);
      }
    }
  }

  return {
    pump,
    receiveArrived,
    settled,
    async receive(signal) {
      while (!signal.aborted) {
        await receiveArrived();
        await mailbox.watch(recipients.coordinator, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
    },
    close() {
      open = false;
    },
    async idle() {
      while (pending.size > 0) await Promise.all(pending);
    },
    buried,
  };
}

function mayRetry(outcome: Outcome, subtask: Subtask): boolean {
  const failure = outcome.error?.failure;
  return (failure === 'transient' || failure === 'timeout') && outcome.attempt <= subtask.retries;
}
