/**
 * Hands out subtasks through the mailbox and takes in outcomes until everything is settled or the run is stopped.
 * Called by orchestrate.ts. Promise: an outcome is journalled before its envelope is acknowledged, counts once, and
 * settles its subtask once.
 */
import {
  type Assignment,
  type Claim,
  type Control,
  controlSchema,
  type Envelope,
  gateResultSchema,
  type Mailbox,
  type Outcome,
  type OutgoingMessage,
  outcomeSchema,
  questionId,
  recipients,
  runChain,
  runVariable,
} from '../../ipc/index.ts';
import { type EventInput, messageOf, noUsage, type Subtask, toErrorRecord } from '../../tasks/index.ts';
import type { Reused } from '../results/result-cache.ts';
import type { EventLog } from '../run/event-log.ts';
import { type AcceptanceContext, acceptOutcome, type Verdict } from './accept-outcome.ts';
import { acceptReused } from './accept-reused.ts';
import { attemptEnd } from './attempt-end.ts';
import type { Mail } from './mail.ts';
import { messageId } from './message-id.ts';
import { type Continuation, continuationOf, type Past } from './past.ts';
import type { Scheduler } from './scheduler.ts';
import { cancelledError, dependencyError, lostError } from './subtask-errors.ts';

export interface DispatchOptions {
  mailbox: Mailbox;
  scheduler: Scheduler;
  subtasks: readonly Subtask[];
  log: EventLog;
  mail: Mail;
  acceptance: AcceptanceContext;
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

export interface Dispatch {
  /** Take up what an earlier coordinator left. Called first, and once. */
  takeUp(): Promise<void>;
  /** Hand out what can go. Called whenever something may have become possible. */
  pump(): Promise<void>;
  /** Take in mail until `signal` aborts. */
  receive(signal: AbortSignal): Promise<void>;
  /** Take in what has arrived, and return. */
  receiveArrived(): Promise<void>;
  /** Resolves when every subtask is settled. */
  settled: Promise<void>;
  /** Hand out nothing more until `continue`. */
  pause(): void;
  continue(): void;
  /**
   * Settle a subtask as cancelled if it is not with a worker (`settled`), else let no attempt follow the one that is
   * `out`. It is `too-late` once its work is being judged.
   */
  cancel(subtask: string, reason: string): Cancelled;
  /** Hand out nothing more. */
  close(): void;
  /** Resolves when no accepted outcome is waiting for its verdict. */
  idle(): Promise<void>;
  /** The message of an attempt was buried: its subtask failed for good. */
  buried(messageId: string, reason: string): void;
}

export type Cancelled = { state: 'settled' | 'too-late' | 'unknown' } | { state: 'out'; attempt: number };

const retryDelayMs = 1_000;

export function createDispatch(options: DispatchOptions): Dispatch {
  const { mailbox, scheduler, log, acceptance } = options;
  const byId = new Map(options.subtasks.map((subtask) => [subtask.id, subtask]));
  const startedAt = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  const answered = new Set<string>();
  /** Handed-out messages by id. */
  const out = new Map<string, Subtask>();
  /** What the next attempt of a subtask goes on from. */
  const continuations = new Map<string, Continuation>();
  /** Subtasks that nobody wants any more. */
  const unwanted = new Set<string>();
  /** Messages that an earlier coordinator handed out. */
  const inherited = new Set<string>();
  let open = true;
  let paused = false;
  let markSettled = (): void => {};
  const settled = new Promise<void>((resolve) => {
    markSettled = resolve;
  });

  async function pump(): Promise<void> {
    const messages: OutgoingMessage[] = [];
    for (let next = open && !paused ? scheduler.next() : undefined; next !== undefined; next = scheduler.next()) {
      if (!startedAt.has(next.subtask.id)) startedAt.set(next.subtask.id, performance.now());
      if (next.attempt === 1 && options.reuse !== undefined) track(reuseOrHandOut(next.subtask, options.reuse));
      else messages.push({ envelope: handOut(next.subtask, next.attempt) });
    }
    if (messages.length > 0) await mailbox.publishMany(recipients.workers, messages);
  }

  async function reuseOrHandOut(
    subtask: Subtask,
    reuse: (subtask: Subtask) => Promise<Reused | undefined>,
  ): Promise<void> {
    const reused = await reuse(subtask);
    if (reused !== undefined) {
      scheduler.returned(subtask.id);
      pump().catch(options.onFailure);
      const verdict = await acceptReused(reused, subtask, acceptance);
      if (verdict !== undefined) {
        if (isSatisfied(verdict)) keepOutput(subtask.id, reused.outcome);
        settle(subtask, verdict, reused.outcome);
        return;
      }
    }
    if (open) await mailbox.publish(recipients.workers, handOut(subtask, scheduler.attempts(subtask.id)));
  }

  function handOut(subtask: Subtask, attempt: number): Envelope {
    const continues = continuations.get(subtask.id);
    const goesOn = continues === undefined ? {} : { continues };
    log.emit({ type: 'subtask-queue', subtask: subtask.id, attempt, ...goesOn });
    const common = options.assignment();
    // Every command of the run can be found by this variable, also one whose worker is gone.
    const environment = { ...subtask.environment, [runVariable]: runChain(common.run, process.env) };
    const part = options.mail.assignmentPart(subtask);
    const body: Assignment = { ...common, ...part, subtask: { ...subtask, environment }, attempt, ...goesOn };
    const id = messageId(subtask.id, attempt);
    out.set(id, subtask);
    return { version: 1, id, kind: 'assignment', from: recipients.coordinator, to: recipients.workers, body };
  }

  async function take(claim: Claim): Promise<void> {
    const { kind, body } = claim.envelope;
    const refusal = await options.mail.take(claim.envelope);
    if (refusal !== undefined) {
      await mailbox.fail(claim, { retry: false, reason: refusal });
      return;
    }
    if (kind === 'outcome') {
      const outcome = outcomeSchema.parse(body);
      if (isExpected(outcome)) {
        answered.add(messageId(outcome.subtask, outcome.attempt));
        track(handle(outcome));
        await log.flush();
      }
    } else if (kind === 'gate-result') acceptance.gates.answered(gateResultSchema.parse(body));
    else if (kind === 'control') {
      options.onControl(controlSchema.parse(body));
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
    // The coordinator that cancelled it is gone.
    const orphaned = outcome.result === 'cancelled' && inherited.has(messageId(id, attempt));
    const deserved = !unwanted.has(id) && (orphaned || mayRetry(outcome, subtask, forgiven(id)));
    const retry = open && deserved;
    // A run that is ending tries nothing again: whoever resumes it will.
    const counted: Outcome = deserved && !retry ? { ...outcome, result: 'cancelled' } : outcome;
    log.emit(attemptEnd(counted, retry));
    continuations.delete(id);
    if (retry) {
      const continues = continuationOf(subtask, outcome);
      if (continues !== undefined) continuations.set(id, continues);
      const delayMs = orphaned ? 0 : retryDelayMs * 2 ** (attempt - 1);
      await mailbox.publish(recipients.workers, handOut(subtask, scheduler.retry(id)), { delayMs });
      return;
    }
    scheduler.returned(id);
    pump().catch(options.onFailure);
    await judge(subtask, counted);
  }

  async function judge(subtask: Subtask, outcome: Outcome): Promise<void> {
    const { id } = subtask;
    let verdict: Verdict;
    try {
      verdict = await acceptOutcome(outcome, subtask, acceptance);
    } catch (error) {
      verdict = { status: 'failed', error: toErrorRecord(error) };
    }
    if (isSatisfied(verdict)) {
      keepOutput(id, outcome);
      options.keepResult(subtask, outcome);
    }
    settle(subtask, verdict, outcome);
  }

  function keepOutput(id: string, { output }: Outcome): void {
    if (output !== undefined) options.keepOutput(id, output);
  }

  function forgiven(id: string): number {
    const past = options.past.get(id);
    return past === undefined || past.kind === 'settled' ? 0 : past.forgiven;
  }

  async function takeUp(): Promise<void> {
    const messages: OutgoingMessage[] = [];
    open = false;
    for (const subtask of options.subtasks) {
      const { id } = subtask;
      const past = options.past.get(id);
      if (past === undefined) continue;
      if (past.kind === 'settled') {
        lose(scheduler.settle(id, past.satisfied), id, 'failed');
        continue;
      }
      if (past.kind === 'again' || past.kind === 'out') {
        if (past.continues !== undefined) continuations.set(id, past.continues);
        scheduler.restore(id, past.attempts, past.kind === 'out' ? 'out' : 'waiting');
        if (past.kind === 'out') inherited.add(messageId(id, past.attempts));
        if (past.kind === 'out') messages.push({ envelope: handOut(subtask, past.attempts) });
        continue;
      }
      scheduler.restore(id, past.attempts, 'returned');
      answered.add(messageId(id, past.attempts));
      if (past.kind === 'landed' && past.outcome !== undefined) options.keepResult(subtask, past.outcome);
      if (past.kind === 'landed') settle(subtask, { status: 'landed', commit: past.commit }, past.outcome);
      else track(judge(subtask, past.outcome));
    }
    open = true;
    // Those that were published before are duplicates, which the mailbox does not deliver again.
    if (messages.length > 0) await mailbox.publishMany(recipients.workers, messages);
    if (scheduler.done()) markSettled();
  }

  function track(judging: Promise<void>): void {
    const work: Promise<void> = judging.catch(options.onFailure).finally(() => pending.delete(work));
    pending.add(work);
  }

  /** What can never start now ends with the subtask it needs; some may have been told so by an earlier coordinator. */
  function lose(lost: readonly Subtask[], need: string, status: 'failed' | 'cancelled'): void {
    for (const dependant of lost) {
      if (options.past.get(dependant.id)?.kind === 'settled') continue;
      log.emit(subtaskEnd(dependant, { status, error: dependencyError(dependant, need) }));
    }
  }

  function settle(subtask: Subtask, verdict: Verdict, outcome?: Outcome): void {
    const lost = scheduler.settle(subtask.id, isSatisfied(verdict));
    log.emit(subtaskEnd(subtask, verdict, outcome));
    lose(lost, subtask.id, verdict.status === 'cancelled' ? 'cancelled' : 'failed');
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
      attempts: verdict.reusedFrom === undefined ? scheduler.attempts(subtask.id) : 0,
      ...(verdict.commit === undefined ? {} : { commit: verdict.commit }),
      ...(verdict.branch === undefined ? {} : { branch: verdict.branch }),
      ...(verdict.error === undefined ? {} : { error: verdict.error }),
      ...(outcome?.changedFiles === undefined ? {} : { changedFiles: outcome.changedFiles }),
      ...(verdict.reusedFrom === undefined ? {} : { reusedFrom: verdict.reusedFrom }),
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
    takeUp,
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
    pause() {
      paused = true;
    },
    continue() {
      paused = false;
      pump().catch(options.onFailure);
    },
    cancel(id, reason) {
      const subtask = byId.get(id);
      if (subtask === undefined) return { state: 'unknown' };
      if (scheduler.unstarted().includes(subtask)) {
        settle(subtask, { status: 'cancelled', error: cancelledError(id, reason) });
        return { state: 'settled' };
      }
      const attempt = scheduler.attempts(id);
      const name = messageId(id, attempt);
      if (!out.has(name) || answered.has(name)) return { state: 'too-late' };
      unwanted.add(id);
      return { state: 'out', attempt };
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

function isSatisfied({ status }: Verdict): boolean {
  return status === 'landed' || status === 'unchanged' || status === 'cached';
}

function mayRetry(outcome: Outcome, subtask: Subtask, forgiven: number): boolean {
  const failure = outcome.error?.failure;
  return (failure === 'transient' || failure === 'timeout') && outcome.attempt - forgiven <= subtask.retries;
}
