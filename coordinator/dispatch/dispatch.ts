/**
 * Hands out subtasks through the mailbox and takes in outcomes until everything is settled or the run is stopped.
 * Called by orchestrate.ts. Promise: an outcome is journalled before its envelope is acknowledged, counts once, and
 * settles its subtask once.
 */
import { type Outcome, type OutgoingMessage, questionId, recipients } from '../../ipc/index.ts';
import { type CheckResult, type Subtask, toErrorRecord } from '../../tasks/index.ts';
import type { Reused } from '../results/result-cache.ts';
import { type AcceptanceContext, acceptOutcome, type Verdict } from './accept-outcome.ts';
import { acceptReused } from './accept-reused.ts';
import { attemptEnd } from './attempt-end.ts';
import { begunInPlace } from './begun-in-place.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import { createHandOuts } from './hand-outs.ts';
import { createIncoming } from './incoming.ts';
import { keep } from './kept-work.ts';
import { messageId } from './message-id.ts';
import { continuationOf, isSatisfying, workOf } from './past.ts';
import { continuationOnTip, nextRound, repairOf } from './send-back.ts';
import { createSettling } from './settling.ts';
import { lostError } from './subtask-errors.ts';
import { takeUpPast } from './take-up-past.ts';

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
  const { mailbox, scheduler, log } = options;
  const byId = new Map(options.subtasks.map((subtask) => [subtask.id, subtask]));
  const pending = new Set<Promise<void>>();
  const answered = new Set<string>();
  const handOuts = createHandOuts(options);
  const { handOut, goOnFrom } = handOuts;
  const acceptance: AcceptanceContext = {
    ...options.acceptance,
    wentOnFrom: handOuts.wentOnFrom,
    onExcused: ({ subtask, attempt }, check) => log.emit({ type: 'check-end', subtask, attempt, check }),
  };
  /** Subtasks that nobody wants any more. */
  const unwanted = new Set<string>();
  /** Messages that an earlier coordinator handed out. */
  const inherited = new Set<string>();
  let open = true;
  let paused = false;
  const settling = createSettling(
    { scheduler, log, past: options.past, handOuts, acceptance },
    { goOn: () => void pump().catch(options.onFailure), track },
  );
  const { settle } = settling;

  async function pump(): Promise<void> {
    const messages: OutgoingMessage[] = [];
    for (let next = open && !paused ? scheduler.next() : undefined; next !== undefined; next = scheduler.next()) {
      handOuts.begin(next.subtask.id);
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
      log.emit({ ...attemptEnd(reused.outcome, false), reusedFrom: reused.run });
      const verdict = await acceptReused(reused, subtask, acceptance);
      if (verdict !== undefined) {
        if (isSatisfying(verdict.status)) keepOutput(subtask.id, reused.outcome);
        settle(subtask, verdict, reused.outcome);
        return;
      }
    }
    if (open) await mailbox.publish(recipients.workers, handOut(subtask, scheduler.attempts(subtask.id)));
  }

  async function takeOutcome(outcome: Outcome): Promise<void> {
    if (!isExpected(outcome)) return;
    answered.add(messageId(outcome.subtask, outcome.attempt));
    track(handle(outcome));
    await log.flush();
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
    const deserved = !unwanted.has(id) && (orphaned || handOuts.mayRetry(outcome, subtask));
    const retry = open && deserved;
    // A run that is ending tries nothing again: whoever resumes it will.
    const counted: Outcome = deserved && !retry ? { ...outcome, result: 'cancelled' } : outcome;
    log.emit(attemptEnd(counted, retry));
    handOuts.beginAnew(id);
    if (retry) {
      goOnFrom(id, continuationOf(subtask, outcome, handOuts.given(id)));
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
    const work = workOf(outcome, handOuts.given(id));
    let verdict: Verdict;
    try {
      verdict = await acceptOutcome(work, subtask, { ...acceptance, goesBack });
      if (verdict.goesBack !== undefined) {
        await sendBack(subtask, outcome, verdict.goesBack);
        return;
      }
    } catch (error) {
      // Judging was kept from its end; nothing is known against the work itself.
      const status = outcome.error === undefined || outcome.result === 'cancelled' ? 'cancelled' : 'failed';
      const kept = await keep(work, acceptance).catch(() => ({}));
      verdict = { status, error: outcome.error ?? toErrorRecord(error), ...kept };
    }
    if (isSatisfying(verdict.status)) {
      keepOutput(id, outcome);
      options.keepResult(subtask, outcome);
    }
    settle(subtask, verdict, outcome);
  }

  function goesBack(outcome: Outcome): 'now' | 'later' | 'no' {
    const subtask = byId.get(outcome.subtask);
    if (subtask === undefined || unwanted.has(subtask.id)) return 'no';
    if (nextRound(subtask, outcome, handOuts.repairOf(subtask.id)) === undefined) return 'no';
    return open ? 'now' : 'later';
  }

  /** Killed on the way, the same outcome is judged again by who resumes the run. */
  async function sendBack(subtask: Subtask, outcome: Outcome, failures: readonly CheckResult[]): Promise<void> {
    const { id } = subtask;
    const { commit } = outcome;
    const { repository, mergeQueue } = acceptance;
    const round = nextRound(subtask, outcome, handOuts.repairOf(id));
    if (commit === undefined || repository === undefined || mergeQueue === undefined || round === undefined) return;
    const tip = mergeQueue.tip();
    const continues = await continuationOnTip({ repository, outcome: { ...outcome, commit }, tip });
    handOuts.sendBack(outcome, continues, repairOf(round, failures));
    const message = `${id} goes back to its agent: ${failures.map(({ name }) => name).join(', ')} failed with its work merged (round ${round} of ${subtask.repairs}).`;
    log.emit({ type: 'notice', level: 'info', message });
    scheduler.again(id);
    pump().catch(options.onFailure);
  }

  function keepOutput(id: string, { output }: Outcome): void {
    if (output !== undefined) options.keepOutput(id, output);
  }

  async function takeUp(): Promise<void> {
    open = false;
    const messages = takeUpPast(options.subtasks, options.past, {
      scheduler,
      handOut(subtask, attempt, continues) {
        inherited.add(messageId(subtask.id, attempt));
        handOuts.begin(subtask.id);
        goOnFrom(subtask.id, continues);
        return { envelope: handOut(subtask, attempt) };
      },
      goOnFrom,
      answered: (id, attempt) => answered.add(messageId(id, attempt)),
      judge: (subtask, outcome) => track(judge(subtask, outcome)),
      landed(subtask, { commit, outcome, reusedFrom }) {
        if (outcome !== undefined && reusedFrom === undefined) options.keepResult(subtask, outcome);
        const reused = reusedFrom === undefined ? {} : { reusedFrom };
        settle(subtask, { status: reusedFrom === undefined ? 'landed' : 'cached', commit, ...reused }, outcome);
      },
      lost: (subtasks, need) => settling.lose(subtasks, need, 'failed'),
    });
    const unclean = begunInPlace(options.subtasks, options.past);
    if (unclean !== undefined) log.emit({ type: 'notice', level: 'warning', message: unclean });
    open = true;
    // Those that were published before are duplicates, which the mailbox does not deliver again.
    if (messages.length > 0) await mailbox.publishMany(recipients.workers, messages);
    settling.look();
  }

  function track(judging: Promise<void>): void {
    const work: Promise<void> = judging.catch(options.onFailure).finally(() => pending.delete(work));
    pending.add(work);
  }

  function buried(id: string, reason: string): void {
    const subtask = handOuts.subtaskOf(id);
    if (subtask === undefined || answered.has(id)) return;
    answered.add(id);
    settle(subtask, { status: 'failed', error: lostError(subtask.id, reason) });
  }

  const incoming = createIncoming({
    mailbox,
    mail: options.mail,
    onOutcome: takeOutcome,
    onGateResult: acceptance.gates.answered,
    onControl: options.onControl,
    onUnreadable(answer, reason) {
      buried(questionId(answer, recipients.workers) ?? '', reason);
      acceptance.gates.buried(questionId(answer, recipients.gates) ?? '', reason);
    },
  });

  return {
    takeUp,
    pump,
    receive: incoming.receive,
    receiveArrived: incoming.receiveArrived,
    settled: settling.settled,
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
        settling.cancelWaiting(subtask, reason);
        return { state: 'settled' };
      }
      const attempt = scheduler.attempts(id);
      const name = messageId(id, attempt);
      if (handOuts.subtaskOf(name) === undefined || answered.has(name)) return { state: 'too-late' };
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
