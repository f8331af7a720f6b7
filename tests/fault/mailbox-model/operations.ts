import { expect } from 'vitest';
import type { Claim, Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { message } from '../../contract/mailbox/mailbox-contract.ts';
import { type Known, leaseMs, type Model } from './model.ts';

/** What somebody does at the mailbox, by instance `by`; `pick` chooses among what there is. */
export type Action =
  | { kind: 'publish'; by: number; priorities: number[]; delayMs: number }
  | { kind: 'publish-again'; by: number; pick: number }
  | { kind: 'claim'; by: number; worker: string }
  | { kind: 'watch'; by: number }
  | { kind: 'beat'; by: number; pick: number }
  | { kind: 'acknowledge'; by: number; pick: number }
  | { kind: 'retry'; by: number; pick: number; delayMs: number }
  | { kind: 'bury'; by: number; pick: number }
  | { kind: 'reap'; by: number }
  | { kind: 'reap-worker'; by: number; worker: string; blameless: boolean }
  | { kind: 'requeue'; by: number; pick: number };

/** An action on the messages as they are. */
export interface Operation {
  run(mailbox: Mailbox): Promise<void>;
  /** What it publishes for the first time. */
  publishes: readonly Pick<Known, 'id' | 'text' | 'priority'>[];
  /** What may have become of a message when it died on its way, and what the model learns of it. */
  halfway: Partial<Record<`${Known['state']} ${Known['state']}`, (message: Known) => void>>;
}

/** Undefined when there is nothing that it could be done to. */
export function operationOf(action: Action, model: Model, sender: string): Operation | undefined {
  switch (action.kind) {
    case 'publish':
      return publishing(action, model, sender);
    case 'publish-again':
      return publishingAgain(action.pick, model);
    case 'claim':
      return {
        publishes: [],
        run: async (mailbox) => model.claimed(await mailbox.claim('work', action.worker), action.by, action.worker),
        halfway: { 'waiting claimed': (taken) => model.take(taken, action.worker) },
      };
    case 'watch':
      return watching(model);
    case 'beat':
    case 'acknowledge':
    case 'retry':
    case 'bury':
      return ending(action, model);
    case 'reap':
    case 'reap-worker':
      return reaping(action, model);
    case 'requeue':
      return requeueing(action, model);
  }
}

function publishing(
  { priorities, delayMs, by }: Action & { kind: 'publish' },
  model: Model,
  sender: string,
): Operation {
  const outgoing = priorities.map((priority) => {
    const id = model.nextId();
    return { id, priority, text: `text of ${id}` };
  });
  return {
    publishes: outgoing,
    halfway: {},
    async run(mailbox) {
      const messages = outgoing.map(({ id, priority, text }) => ({
        envelope: message(id, { text }),
        priority,
        delayMs,
      }));
      expect(await mailbox.publishMany('work', messages)).toEqual(messages.map(() => ({ duplicate: false })));
      for (const one of outgoing) model.published({ ...one, sender }, delayMs, by);
    },
  };
}

function publishingAgain(pick: number, model: Model): Operation | undefined {
  const known = pickFrom([...model.messages.keys()], pick);
  if (known === undefined) return undefined;
  return {
    publishes: [],
    halfway: {},
    async run(mailbox) {
      expect(await mailbox.publish('work', message(known, { text: 'another' }))).toEqual({ duplicate: true });
      model.tally('duplicate');
    },
  };
}

function watching(model: Model): Operation | undefined {
  if (!model.in('waiting').some(({ dueAt }) => dueAt <= performance.now())) return undefined;
  return { publishes: [], halfway: {}, run: (mailbox) => mailbox.watch('work', AbortSignal.timeout(20_000)) };
}

function ending(
  action: Action & { kind: 'beat' | 'acknowledge' | 'retry' | 'bury' },
  model: Model,
): Operation | undefined {
  const claim = pickFrom(model.claims, action.pick, (one) => model.holds(one) !== undefined);
  if (claim === undefined) return undefined;
  const held = model.holds(claim);
  const only = (learn: (known: Known) => void) => (known: Known) => {
    expect(known).toBe(held);
    learn(known);
  };
  const { act, learn, after } = waysToEnd(action, model, claim);
  return {
    publishes: [],
    halfway: after === undefined ? {} : { [`claimed ${after}`]: only(learn) },
    async run(mailbox) {
      expect(await act(mailbox)).toBe(held !== undefined);
      model.tally(held === undefined ? `fenced ${action.kind}` : action.kind);
      if (held === undefined) return;
      learn(held);
      if (action.kind === 'acknowledge') held.completions += 1;
    },
  };
}

function waysToEnd(
  action: Action & { kind: 'beat' | 'acknowledge' | 'retry' | 'bury' },
  model: Model,
  claim: Claim,
): { act: (mailbox: Mailbox) => Promise<boolean>; learn: (held: Known) => void; after?: Known['state'] } {
  switch (action.kind) {
    case 'beat':
      return { act: (mailbox) => mailbox.renew(claim), learn: (held) => (held.beatAt = performance.now()) };
    case 'acknowledge':
      return { act: (mailbox) => mailbox.complete(claim), learn: (held) => (held.state = 'done'), after: 'done' };
    case 'bury': {
      const how = { retry: false, reason: 'no use' } as const;
      return { act: (mailbox) => mailbox.fail(claim, how), learn: (held) => (held.state = 'dead'), after: 'dead' };
    }
    case 'retry': {
      const { delayMs, by } = action;
      return {
        act: (mailbox) => mailbox.fail(claim, { retry: true, delayMs }),
        learn: (held) => model.putBack(held, delayMs, by),
        after: 'waiting',
      };
    }
  }
}

function reaping(action: Action & { kind: 'reap' | 'reap-worker' }, model: Model): Operation {
  const counts = action.kind === 'reap' || !action.blameless;
  const mayTake = (held: Known): boolean =>
    action.kind === 'reap' ? performance.now() - held.beatAt >= leaseMs : held.worker === action.worker;
  const take = (held: Known): void => {
    expect([held.id, mayTake(held)]).toEqual([held.id, true]);
    model.lost(held, counts, action.by);
  };
  return {
    publishes: [],
    halfway: { 'claimed waiting': take, 'claimed dead': take },
    async run(mailbox) {
      const held = model.in('claimed');
      const must = action.kind === 'reap-worker' ? held.filter(mayTake).length : undefined;
      const taken =
        action.kind === 'reap'
          ? await mailbox.reap('work')
          : await mailbox.reapWorker('work', action.worker, { blameless: action.blameless });
      const still = new Set((await mailbox.list('work', ['claimed'])).map(({ id }) => id));
      const gone = held.filter(({ id }) => !still.has(id));
      expect(taken).toBe(gone.length);
      if (must !== undefined) expect(taken).toBe(must);
      for (const message of gone) take(message);
    },
  };
}

function requeueing({ pick, by }: Action & { kind: 'requeue' }, model: Model): Operation | undefined {
  const known = pickFrom([...model.messages.values()], pick, ({ state }) => state === 'dead');
  if (known === undefined) return undefined;
  const isDead = known.state === 'dead';
  const learn = (): void => {
    known.losses = 0;
    model.putBack(known, 0, by);
  };
  return {
    publishes: [],
    halfway: { 'dead waiting': learn },
    async run(mailbox) {
      expect(await mailbox.requeue('work', known.id)).toBe(isDead);
      model.tally(isDead ? 'requeued' : 'not requeued');
      if (isDead) learn();
    },
  };
}

/** Mostly one of those that are of use, where there is one. */
function pickFrom<Item>(items: readonly Item[], pick: number, isUseful?: (item: Item) => boolean): Item | undefined {
  const useful = isUseful === undefined || pick % 4 === 0 ? [] : items.filter(isUseful);
  const from = useful.length > 0 ? useful : items;
  return from[pick % Math.max(1, from.length)];
}
