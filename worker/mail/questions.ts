/**
 * Permission requests of a worker's agents to people: a question goes to the coordinator by mail, the answer comes back
 * as an order. Made once per worker by serve.ts. Promise: a wait ends with the answer, with the signal, or a little
 * after nobody can answer any more.
 */
import { randomBytes } from 'node:crypto';
import { type Mailbox, type PermissionRequestMail, recipients } from '../../ipc/index.ts';
import { oneLine } from '../../tasks/index.ts';
import type { Answer } from '../agent/agent.ts';
import { cutText } from '../processes/kept-text.ts';

export type Question = Omit<PermissionRequestMail, 'request' | 'worker'>;

export interface Questions {
  /** `limitMs` is how long people have. Rejects with the signal's reason. */
  ask(question: Question, limitMs: number, signal: AbortSignal): Promise<Answer>;
  /** An answer has come; one to a question of another worker is let pass. */
  answered(request: string, answer: Answer): void;
}

/** The coordinator ends the wait of people; this is for one that has died, whose successor knows of no question. */
const graceMs = 30_000;

export function createQuestions({ mailbox, worker }: { mailbox: Mailbox; worker: string }): Questions {
  const waiting = new Map<string, (answer: Answer) => void>();
  return {
    async ask(question, limitMs, signal) {
      signal.throwIfAborted();
      const request = randomBytes(4).toString('hex');
      const body: PermissionRequestMail = {
        ...question,
        request,
        worker,
        tool: oneLine(question.tool, 100),
        summary: wholeLine(question.summary),
        reason: oneLine(question.reason, 2_000),
      };
      const id = `permission-${request}`;
      const to = recipients.coordinator;
      let timer: NodeJS.Timeout | undefined;
      let stop: (() => void) | undefined;
      const answer = new Promise<Answer>((resolve, reject) => {
        waiting.set(request, resolve);
        timer = setTimeout(() => resolve({ allowed: false, by: 'nobody' }), limitMs + graceMs);
        stop = () => reject(signal.reason);
        signal.addEventListener('abort', stop, { once: true });
      });
      // It may be rejected while the question is still being published.
      answer.catch(() => undefined);
      try {
        await mailbox.publish(to, { version: 1, id, kind: 'permission-request', from: worker, to, body });
        return await answer;
      } finally {
        waiting.delete(request);
        clearTimeout(timer);
        if (stop !== undefined) signal.removeEventListener('abort', stop);
      }
    },
    answered: (request, answer) => waiting.get(request)?.(answer),
  };
}

/** On one line, with its line breaks to be seen: a person must see what is asked for, to both ends. */
function wholeLine(text: string): string {
  return oneLine(cutText(text, 2_500, 1_000).replace(/\r\n|[\r\n\u2028\u2029]/g, ' \\n '), 4_000);
}
