/**
 * One kind of work: a claimed question is validated, worked on under its lease, answered and acknowledged. Called by
 * serve.ts, once for subtasks and once for gates. Promise: whoever lost the lease gives no answer, since the one who
 * has it now will.
 */
import type { z } from 'zod';
import { answerId, type Claim, type Envelope, type Mailbox, recipients } from '../../ipc/index.ts';
import { type ErrorRecord, FanfoldError, messageOf } from '../../tasks/index.ts';
import type { Leases } from './leases.ts';

export interface Desk {
  handle(claim: Claim): Promise<void>;
  /** End one piece of work, or all, now; the answer says that it was cancelled. */
  cancel(reason: string, id?: string): void;
  /** End everything now and give it back unanswered, for another worker. */
  giveBack(): void;
}

export interface Work<Question, Answer> {
  /** What the answer is to the coordinator, or who takes it instead: resolves when it can't be lost any more. */
  answerAs: Envelope['kind'] | ((answer: Answer) => Promise<void>);
  /** Why a question that is valid by itself is not for this worker to answer: then it is buried. `sent` is as it came. */
  refuse: (question: Question, sent: Question) => string | undefined | Promise<string | undefined>;
  /**
   * Never rejects for an expected failure; ends soon after `signal` aborts. `isHeld` asks whether this delivery is
   * still the one that counts: what can't be undone waits for it.
   */
  perform: (question: Question, signal: AbortSignal, isHeld: () => Promise<boolean>, claim: Claim) => Promise<Answer>;
  /** The answer is published. */
  answered?: (answer: Answer) => void;
}

export function createDesk<Question, Answer extends { error?: ErrorRecord | undefined }>(
  { mailbox, worker }: { mailbox: Mailbox; worker: string },
  leases: Leases,
  schema: z.ZodType<Question>,
  idOf: (question: Question) => string,
  work: Work<Question, Answer>,
): Desk {
  const running = new Map<string, AbortController>();
  let givingBack = false;
  const to = recipients.coordinator;
  const publish = (claim: Claim, kind: Envelope['kind'], body: Answer) =>
    mailbox.publish(to, { version: 1, id: answerId(claim), kind, from: worker, to, body });
  return {
    async handle(claim) {
      const parsed = schema.safeParse(claim.envelope.body);
      const refusal = parsed.success
        ? await work.refuse(parsed.data, claim.envelope.body as Question)
        : `invalid body: ${messageOf(parsed.error)}`;
      if (!parsed.success || refusal !== undefined) {
        await mailbox.fail(claim, { retry: false, reason: refusal ?? 'invalid body' });
        return;
      }
      const id = idOf(parsed.data);
      const abort = new AbortController();
      let held = true;
      running.set(id, abort);
      const release = leases.keep(claim, () => {
        held = false;
        abort.abort(leaseLost(id));
      });
      try {
        if (givingBack) abort.abort(cancelled(id, 'its worker ends'));
        const body = await work.perform(parsed.data, abort.signal, () => mailbox.renew(claim), claim);
        if (givingBack && body.error !== undefined) {
          await mailbox.fail(claim, { retry: true });
          return;
        }
        // This worker may have been stopped for longer than its lease, and not have noticed yet.
        if (!held || !(await mailbox.renew(claim))) return;
        if (typeof work.answerAs === 'string') await publish(claim, work.answerAs, body);
        else await work.answerAs(body);
        work.answered?.(body);
        await mailbox.complete(claim);
      } finally {
        release();
        // The lease may have been lost and the same question claimed here again meanwhile.
        if (running.get(id) === abort) running.delete(id);
      }
    },
    cancel(reason, id) {
      for (const [name, abort] of running) if (id === undefined || id === name) abort.abort(cancelled(name, reason));
    },
    giveBack() {
      givingBack = true;
      for (const [name, abort] of running) abort.abort(cancelled(name, 'its worker ends'));
    },
  };
}

function cancelled(id: string, reason: string): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: `${id} was cancelled: ${reason}`,
    next: '`fanfold resume` goes on with the run and finishes it.',
    failure: 'cancelled',
  });
}

function leaseLost(id: string): FanfoldError {
  return new FanfoldError({
    code: 'worker-lost',
    message: `The lease on ${id} was lost, because this worker did not answer for too long.`,
    next: 'Another worker has taken it over; nothing is to be done.',
    failure: 'transient',
  });
}
