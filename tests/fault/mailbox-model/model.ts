/** What a mailbox must do, as simply as it can be said: a list of messages, each in one state. Time is virtual. */
import { expect } from 'vitest';
import type { Claim, MailboxEntry } from '../../../ipc/mailbox/mailbox.ts';

export const leaseMs = 3_000;
export const attemptLimit = 3;

/** What other instances did may show so much later, ms: they read ahead. */
const readAheadMs = 100;

export interface Known {
  id: string;
  text: string;
  /** Whose order it is in, and where. */
  sender: string;
  order: number;
  priority: number;
  state: 'waiting' | 'claimed' | 'done' | 'dead';
  epoch: number;
  losses: number;
  dueAt: number;
  /** When it came (back) among those that wait, and by which instance; undefined when time did it. */
  waitingSince: number;
  putBy: number | undefined;
  worker: string;
  beatAt: number;
  /** How often somebody was told that it is done. */
  completions: number;
}

/** How often what happened, over all sequences: shows that a run has tried what it is to try. */
export type Tally = Map<string, number>;

export class Model {
  readonly messages = new Map<string, Known>();
  /** Every claim that anybody ever got, those that were lost included. */
  readonly claims: Claim[] = [];
  readonly #tally: Tally;
  #order = 0;
  #ids = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  tally(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }

  nextId(): string {
    this.#ids += 1;
    return `m-${this.#ids}`;
  }

  in(state: Known['state']): Known[] {
    return [...this.messages.values()].filter((message) => message.state === state);
  }

  published(
    message: Pick<Known, 'id' | 'text' | 'sender' | 'priority'>,
    delayMs: number,
    by: number | undefined,
  ): void {
    this.#order += 1;
    const now = performance.now();
    this.messages.set(message.id, {
      ...message,
      order: this.#order,
      state: 'waiting',
      ...{ epoch: 0, losses: 0, worker: '', beatAt: 0, completions: 0 },
      ...{ dueAt: now + delayMs, waitingSince: now + delayMs, putBy: delayMs > 0 ? undefined : by },
    });
  }

  /** Whether this claim holds its message now. */
  holds({ envelope, epoch }: Claim): Known | undefined {
    const message = this.messages.get(envelope.id);
    return message?.state === 'claimed' && message.epoch === epoch ? message : undefined;
  }

  /** Checks what a claim came to: the right message, to nobody else, in order. */
  claimed(claim: Claim | undefined, by: number, worker: string): void {
    const now = performance.now();
    const due = this.in('waiting').filter(({ dueAt }) => dueAt <= now);
    if (claim === undefined) {
      expect(due.map(({ id }) => id)).toEqual([]);
      return;
    }
    const message = due.find(({ id }) => id === claim.envelope.id);
    if (message === undefined) throw new Error(`${claim.envelope.id} was delivered and does not wait`);
    expect(claim).toMatchObject({ epoch: message.epoch + 1, worker, envelope: { body: { text: message.text } } });
    const seen = due.filter(({ putBy, waitingSince }) => putBy === by || now - waitingSince > readAheadMs);
    const passed = seen.filter(
      ({ priority, sender, order }) =>
        priority < message.priority ||
        (priority === message.priority && sender === message.sender && order < message.order),
    );
    expect([claim.envelope.id, 'before', ...passed.map(({ id }) => id)]).toEqual([claim.envelope.id, 'before']);
    this.take(message, worker);
    this.claims.push(claim);
    this.tally(message.epoch === 1 ? 'claimed' : 'claimed again');
  }

  take(message: Known, worker: string): void {
    Object.assign(message, { state: 'claimed', epoch: message.epoch + 1, worker, beatAt: performance.now() });
  }

  putBack(message: Known, delayMs: number, by: number | undefined): void {
    const at = performance.now() + delayMs;
    Object.assign(message, { state: 'waiting', dueAt: at, waitingSince: at, putBy: delayMs > 0 ? undefined : by });
  }

  /** A lease was lost. */
  lost(message: Known, counts: boolean, by: number | undefined): void {
    if (counts) message.losses += 1;
    const exhausted = counts && message.losses >= attemptLimit;
    if (exhausted) message.state = 'dead';
    else this.putBack(message, 0, by);
    this.tally(exhausted ? 'attempts exhausted' : `${counts ? 'counted' : 'blameless'} loss`);
  }

  /** Every message that was acknowledged is there once, in its state, and nothing else is. */
  compare(entries: readonly MailboxEntry[]): void {
    const there = entries.map(({ id, state, epoch }) => `${id} ${simple(state)} ${epoch}`).sort();
    const known = [...this.messages.values()].map(({ id, state, epoch }) => `${id} ${state} ${epoch}`).sort();
    expect(there).toEqual(known);
    const early = entries.filter(
      ({ id, state }) => state === 'new' && (this.messages.get(id)?.dueAt ?? 0) > performance.now(),
    );
    expect(early).toEqual([]);
  }
}

export function simple(state: MailboxEntry['state']): Known['state'] {
  return state === 'new' || state === 'delayed' ? 'waiting' : state;
}
