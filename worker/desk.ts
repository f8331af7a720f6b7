/**
 * One kind of work: a claimed question is validated, worked on under its lease, answered and acknowledged. Called by
 * serve.ts, once for subtasks and once for gates. Promise: whoever lost the lease gives no answer, since the one who
 * has it now will.
 */
import type { z } from 'zod';
import { answerId, type Claim, type Envelope, type Mailbox, recipients } from '../ipc/index.ts';
import { FanfoldError, messageOf } from '../tasks/index.ts';
import type { Leases } from './leases.ts';

export interface Desk {
  handle(claim: Claim): Promise<void>;
  /** End one piece of work, or all, now. */
  cancel(reason: string, id?: string): void;
}

export interface Work<Question> {
  /** Of the answer. */
  kind: Envelope['kind'];
  /** Never rejects for an expected failure; ends soon after `signal` aborts. */
  perform: (question: Question, signal: AbortSignal) => Promise<unknown>;
}

export function createDesk<Question>(
  { mailbox, worker }: { mailbox: Mailbox; worker: string },
  leases: Leases,
  schema: z.ZodType<Question>,
  idOf: (question: Question) => string,
  work: Work<Question>,
): Desk {
  const running = new Map<string, AbortController>();
  return {
    async handle(claim) {
      const parsed = schema.safeParse(claim.envelope.body);
      if (!parsed.success) {
        await mailbox.fail(claim, { retry: false, reason: `invalid body: ${messageOf(parsed.error)}` });
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
        const body = await work.perform(parsed.data, abort.signal);
        if (!held) return;
        await mailbox.publish(recipients.coordinator, {
          version: 1,
          id: answerId(claim),
          kind: work.kind,
          from: worker,
          to: recipients.coordinator,
          body,
        });
        await mailbox.complete(claim);
      } finally {
        release();
        running.delete(id);
      }
    },
    cancel(reason, id) {
      for (const [name, abort] of running) if (id === undefined || id === name) abort.abort(cancelled(name, reason));
    },
  };
}

function cancelled(id: string, reason: string): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: `${id} was cancelled: ${reason}`,
    next: 'Start the run again to finish it.',
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
