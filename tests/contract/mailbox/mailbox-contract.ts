/** What every mailbox promises (ipc/mailbox/mailbox.ts), as tests that run against each store. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Claim, Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import type { Envelope } from '../../../ipc/protocol/envelope.ts';

export const contractLeaseMs = 200;

/** A file system's clock may be so far behind, ms. */
const clockTickMs = 20;

/** Makes an empty mailbox with a lease of contractLeaseMs, and clears up after it was closed. */
export type MailboxFactory = () => Promise<{ mailbox: Mailbox; remove: () => Promise<void> }>;

export function message(id: string, body: unknown = { text: id }): Envelope {
  return { version: 1, id, kind: 'control', from: 'tester', to: 'work', body };
}

export async function claimOne(mailbox: Mailbox, worker = 'worker-1'): Promise<Claim> {
  const claim = await mailbox.claim('work', worker);
  if (claim === undefined) throw new Error('nothing to claim');
  return claim;
}

/** Claim and complete until nothing is left; the ids in the order of delivery. */
export async function drain(mailbox: Mailbox, worker = 'worker-1'): Promise<string[]> {
  const ids: string[] = [];
  for (let claim = await mailbox.claim('work', worker); claim; claim = await mailbox.claim('work', worker)) {
    ids.push(claim.envelope.id);
    expect(await mailbox.complete(claim)).toBe(true);
  }
  return ids;
}

async function states(mailbox: Mailbox): Promise<Record<string, string>> {
  const entries = await mailbox.list('work');
  return Object.fromEntries(entries.map(({ id, state }) => [id, state]));
}

/** Look often enough for the lease of an idle worker to run out. */
async function reapUntilTaken(mailbox: Mailbox): Promise<number> {
  for (const deadline = performance.now() + 20 * contractLeaseMs; performance.now() < deadline; ) {
    const taken = await mailbox.reap('work');
    if (taken > 0) return taken;
    await delay(contractLeaseMs / 5);
  }
  return 0;
}

export function describeMailbox(name: string, create: MailboxFactory): void {
  describe(`${name} mailbox`, () => {
    let mailbox: Mailbox;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ mailbox, remove } = await create());
      await mailbox.open('work');
    });
    afterEach(async () => {
      await mailbox.close();
      await remove();
    });

    describe('publish and claim', () => {
      it('delivers a message once, as it was sent', async () => {
        const body = { text: 'ä\u2028\n"', list: [1, null, { deep: true }] };
        expect(await mailbox.publish('work', message('one', body))).toEqual({ duplicate: false });
        const claim = await claimOne(mailbox);
        expect(claim).toMatchObject({
          recipient: 'work',
          epoch: 1,
          worker: 'worker-1',
          envelope: message('one', body),
        });
        expect(await mailbox.claim('work', 'worker-2')).toBeUndefined();
        expect(await mailbox.complete(claim)).toBe(true);
        expect(await mailbox.complete(claim)).toBe(false);
        expect(await states(mailbox)).toEqual({ one: 'done' });
      });

      it('keeps what was sent when the sender changes its object afterwards', async () => {
        const body = { text: 'before' };
        const published = mailbox.publish('work', message('one', body));
        body.text = 'after';
        await published;
        expect((await claimOne(mailbox)).envelope.body).toEqual({ text: 'before' });
      });

      it('takes a claim that has crossed a thread', async () => {
        await mailbox.publish('work', message('one'));
        expect(await mailbox.complete(structuredClone(await claimOne(mailbox)))).toBe(true);
      });

      it('keeps the order of a sender', async () => {
        const ids = Array.from({ length: 50 }, (_, index) => `m-${index}`);
        await Promise.all(ids.slice(0, 20).map((id) => mailbox.publish('work', message(id))));
        for (const id of ids.slice(20, 30)) await mailbox.publish('work', message(id));
        await mailbox.publishMany(
          'work',
          ids.slice(30).map((id) => ({ envelope: message(id) })),
        );
        expect(await drain(mailbox)).toEqual(ids);
      });

      it('keeps the order of what comes back, whoever looked meanwhile', async () => {
        for (const id of ['one', 'two', 'three']) await mailbox.publish('work', message(id));
        const claims = [await claimOne(mailbox), await claimOne(mailbox)];
        for (const claim of claims) {
          expect(await mailbox.fail(claim, { retry: true })).toBe(true);
          await mailbox.watch('work', AbortSignal.timeout(5_000));
        }
        expect(await drain(mailbox)).toEqual(['one', 'two', 'three']);
      });

      it('delivers urgent messages first, also those that come later', async () => {
        await mailbox.publish('work', message('last'), { priority: 9 });
        await mailbox.publish('work', message('first-usual'));
        await mailbox.publish('work', message('second-usual'));
        expect((await claimOne(mailbox)).envelope.id).toBe('first-usual');
        await mailbox.publish('work', message('urgent'), { priority: 0 });
        expect(await drain(mailbox)).toEqual(['urgent', 'second-usual', 'last']);
      });

      it('keeps the boxes of recipients apart', async () => {
        await mailbox.open('other');
        await mailbox.publish('other', message('theirs'));
        await mailbox.publish('work', message('theirs'));
        expect(await drain(mailbox)).toEqual(['theirs']);
        expect((await mailbox.list()).map(({ recipient, state }) => [recipient, state]).sort()).toEqual([
          ['other', 'new'],
          ['work', 'done'],
        ]);
      });

      it('gives each message to one of many claimers', async () => {
        const ids = Array.from({ length: 100 }, (_, index) => `m-${index}`);
        await mailbox.publishMany(
          'work',
          ids.map((id) => ({ envelope: message(id) })),
        );
        const claimers = Array.from({ length: 8 }, (_, index) => drain(mailbox, `worker-${index}`));
        expect((await Promise.all(claimers)).flat().sort()).toEqual([...ids].sort());
      });

      it('opens a recipient again without harm', async () => {
        await mailbox.publish('work', message('one'));
        await mailbox.open('work');
        expect(await drain(mailbox)).toEqual(['one']);
      });
    });

    describe('idempotence', () => {
      it('publishes an id once, whatever has become of the first', async () => {
        const again = async (id: string) => (await mailbox.publish('work', message(id, 'again'))).duplicate;
        for (const id of ['done', 'dead', 'claimed', 'waiting']) await mailbox.publish('work', message(id));
        await mailbox.publish('work', message('delayed'), { delayMs: 60_000 });
        await mailbox.complete(await claimOne(mailbox));
        await mailbox.fail(await claimOne(mailbox), { retry: false, reason: 'no use' });
        await claimOne(mailbox);
        const before = { done: 'done', dead: 'dead', claimed: 'claimed', waiting: 'new', delayed: 'delayed' };
        expect(await states(mailbox)).toEqual(before);
        for (const id of Object.keys(before)) expect([id, await again(id)]).toEqual([id, true]);
        expect(await states(mailbox)).toEqual(before);
        expect(await mailbox.list('work')).toHaveLength(5);
      });

      it('sees a duplicate within a batch, and side by side', async () => {
        const twice = [message('one'), message('one'), message('two')].map((envelope) => ({ envelope }));
        expect(await mailbox.publishMany('work', twice)).toEqual([
          { duplicate: false },
          { duplicate: true },
          { duplicate: false },
        ]);
        const results = await Promise.all([1, 2, 3].map(() => mailbox.publish('work', message('three'))));
        expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
        expect(await drain(mailbox)).toEqual(['one', 'two', 'three']);
      });
    });

    describe('delay', () => {
      it('holds a message back for its time', async () => {
        const start = performance.now();
        await mailbox.publish('work', message('later'), { delayMs: 120 });
        await mailbox.publish('work', message('now'));
        expect(await drain(mailbox)).toEqual(['now']);
        await mailbox.watch('work', AbortSignal.timeout(5_000));
        expect(await drain(mailbox)).toEqual(['later']);
        expect(performance.now() - start).toBeGreaterThanOrEqual(119);
      });

      it('puts what was held back in its place: not before what was published earlier', async () => {
        await mailbox.publish('work', message('first'));
        await mailbox.publish('work', message('second'), { delayMs: 40 });
        await mailbox.publish('work', message('third'));
        await delay(80);
        expect(await drain(mailbox)).toEqual(['first', 'second', 'third']);
      });

      it('gives back after a delay', async () => {
        await mailbox.publish('work', message('one'));
        const start = performance.now();
        expect(await mailbox.fail(await claimOne(mailbox), { retry: true, delayMs: 80 })).toBe(true);
        expect(await mailbox.claim('work', 'worker-1')).toBeUndefined();
        expect(await states(mailbox)).toEqual({ one: 'delayed' });
        await mailbox.watch('work', AbortSignal.timeout(5_000));
        expect((await claimOne(mailbox)).epoch).toBe(2);
        expect(performance.now() - start).toBeGreaterThanOrEqual(79);
      });
    });

    describe('leases', () => {
      it('delivers again what a silent worker held, and rejects all that worker says', async () => {
        await mailbox.publish('work', message('one'));
        const stale = await claimOne(mailbox, 'silent');
        expect(await reapUntilTaken(mailbox)).toBe(1);
        expect([await mailbox.renew(stale), await mailbox.complete(stale)]).toEqual([false, false]);
        const claim = await claimOne(mailbox, 'silent');
        expect(claim.epoch).toBe(2);
        expect([await mailbox.renew(stale), await mailbox.complete(stale)]).toEqual([false, false]);
        expect(await mailbox.fail(stale, { retry: true })).toBe(false);
        expect(await mailbox.fail(stale, { retry: false, reason: 'late' })).toBe(false);
        expect(await mailbox.complete(claim)).toBe(true);
        expect(await states(mailbox)).toEqual({ one: 'done' });
      });

      it('keeps a lease that is renewed', async () => {
        await mailbox.publish('work', message('one'));
        const claim = await claimOne(mailbox);
        for (let beat = 0; beat < 12; beat += 1) {
          await delay(contractLeaseMs / 5);
          expect(await mailbox.renew(claim)).toBe(true);
          expect(await mailbox.reap('work')).toBe(0);
        }
        expect(await mailbox.complete(claim)).toBe(true);
        expect(await mailbox.renew(claim)).toBe(false);
      });

      it('buries a message whose lease was lost three times', async () => {
        await mailbox.publish('work', message('poison'));
        await mailbox.publish('work', message('after'));
        for (let loss = 1; loss <= 3; loss += 1) {
          expect((await claimOne(mailbox, 'victim')).epoch).toBe(loss);
          expect(await mailbox.reapWorker('work', 'victim')).toBe(1);
        }
        expect(await drain(mailbox)).toEqual(['after']);
        const dead = (await mailbox.list('work')).find(({ state }) => state === 'dead');
        expect(dead).toMatchObject({ id: 'poison', epoch: 3, reason: expect.stringContaining('attempts-exhausted') });
      });

      it('does not count what was given back in good order', async () => {
        await mailbox.publish('work', message('one'));
        for (let epoch = 1; epoch <= 5; epoch += 1) {
          const claim = await claimOne(mailbox);
          expect(claim.epoch).toBe(epoch);
          expect(await mailbox.fail(claim, { retry: true })).toBe(true);
        }
        expect(await drain(mailbox)).toEqual(['one']);
      });

      it('takes back the claims of a dead worker at once, and no others', async () => {
        await mailbox.publishMany(
          'work',
          ['a', 'b', 'c'].map((id) => ({ envelope: message(id) })),
        );
        await claimOne(mailbox, 'dead-worker');
        const living = await claimOne(mailbox, 'living');
        await claimOne(mailbox, 'dead-worker');
        expect(await mailbox.reapWorker('work', 'dead-worker')).toBe(2);
        expect(await drain(mailbox)).toEqual(['a', 'c']);
        expect(await mailbox.complete(living)).toBe(true);
      });
    });

    describe('claims of a coordinator that died', () => {
      it('are taken back as often as need be without counting, but fence', async () => {
        await mailbox.publish('work', message('one'));
        let stale = await claimOne(mailbox, 'survivor');
        for (let epoch = 2; epoch <= 6; epoch += 1) {
          expect(await mailbox.reapWorker('work', 'survivor', { blameless: true })).toBe(1);
          const claim = await claimOne(mailbox, 'survivor');
          expect(claim.epoch).toBe(epoch);
          expect([await mailbox.renew(stale), await mailbox.complete(stale)]).toEqual([false, false]);
          stale = claim;
        }
        expect(await mailbox.complete(stale)).toBe(true);
      });

      it('keep the losses that were the fault of a message', async () => {
        await mailbox.publish('work', message('one'));
        for (const [blameless, state] of [
          [false, 'new'],
          [false, 'new'],
          [true, 'new'],
          [false, 'dead'],
        ] as const) {
          await claimOne(mailbox, 'victim');
          expect(await mailbox.reapWorker('work', 'victim', { blameless })).toBe(1);
          expect(await states(mailbox)).toEqual({ one: state });
        }
      });
    });

    describe('read', () => {
      it('shows a message in every state, and when it was published', async () => {
        const before = Date.now();
        for (const id of ['done', 'dead', 'claimed', 'new']) await mailbox.publish('work', message(id));
        await mailbox.publish('work', message('delayed'), { delayMs: 60_000 });
        await mailbox.complete(await claimOne(mailbox));
        await mailbox.fail(await claimOne(mailbox), { retry: false, reason: 'no use' });
        await delay(2 * clockTickMs);
        const claimed = Date.now();
        await claimOne(mailbox);
        for (const state of ['done', 'dead', 'claimed', 'new', 'delayed']) {
          const found = await mailbox.read('work', state);
          expect(found).toMatchObject({ entry: { id: state, state, recipient: 'work' }, envelope: message(state) });
          expect(found?.entry.publishedMs).toBeGreaterThanOrEqual(before);
          expect(found?.entry.publishedMs).toBeLessThanOrEqual(Date.now() + 1);
          expect(found?.entry.beatMs === undefined).toBe(state !== 'claimed');
          expect(await mailbox.list('work')).toContainEqual(found?.entry);
        }
        for (const wanted of [['dead'], ['new', 'delayed', 'claimed'], []] as const) {
          const found = (await mailbox.list('work', wanted)).map(({ state }) => state);
          expect(found.sort()).toEqual([...wanted].sort());
        }
        expect((await mailbox.read('work', 'claimed'))?.entry.beatMs).toBeGreaterThanOrEqual(claimed - clockTickMs);
        expect(await mailbox.read('work', 'never-sent')).toBeUndefined();
        expect(await drain(mailbox)).toEqual(['new']);
      });
    });

    describe('dead letters', () => {
      it('are delivered again on request, their losses forgotten and their epochs not', async () => {
        await mailbox.publish('work', message('poison'));
        await mailbox.publish('work', message('after'));
        for (let loss = 1; loss <= 3; loss += 1) {
          await claimOne(mailbox, 'victim');
          await mailbox.reapWorker('work', 'victim');
        }
        expect(await mailbox.requeue('work', 'after')).toBe(false);
        const watching = drain(mailbox).then(() => mailbox.watch('work', AbortSignal.timeout(5_000)));
        await delay(30);
        expect(await mailbox.requeue('work', 'poison')).toBe(true);
        expect(await mailbox.requeue('work', 'poison')).toBe(false);
        await watching;
        const { entry } = (await mailbox.read('work', 'poison')) ?? {};
        expect(entry).toMatchObject({ state: 'new', epoch: 3 });
        expect(entry).not.toHaveProperty('reason');
        for (let epoch = 4; epoch <= 6; epoch += 1) {
          expect((await claimOne(mailbox, 'victim')).epoch).toBe(epoch);
          await mailbox.reapWorker('work', 'victim');
        }
        expect(await states(mailbox)).toEqual({ poison: 'dead', after: 'done' });
      });

      it('are requeued one by one, also after they were rejected; whoever rejected it holds nothing then', async () => {
        await mailbox.publish('work', message('one'));
        await mailbox.publish('work', message('two'));
        const stale = await claimOne(mailbox);
        await mailbox.fail(stale, { retry: false, reason: 'not today' });
        await mailbox.fail(await claimOne(mailbox), { retry: false, reason: 'never' });
        expect(await mailbox.requeue('work', 'one')).toBe(true);
        expect(await mailbox.publish('work', message('one'))).toEqual({ duplicate: true });
        expect(await mailbox.complete(stale)).toBe(false);
        const claim = await claimOne(mailbox);
        expect(await mailbox.complete(stale)).toBe(false);
        expect(await mailbox.complete(claim)).toBe(true);
        expect(await mailbox.requeue('work', 'one')).toBe(false);
        expect(await mailbox.requeue('work', 'never-sent')).toBe(false);
        expect(await states(mailbox)).toEqual({ one: 'done', two: 'dead' });
      });

      it('keeps the reason', async () => {
        await mailbox.publish('work', message('one'));
        const claim = await claimOne(mailbox);
        expect(await mailbox.fail(claim, { retry: false, reason: 'the body made no sense' })).toBe(true);
        expect(await mailbox.claim('work', 'worker-1')).toBeUndefined();
        expect(await mailbox.list('work')).toMatchObject([
          { id: 'one', state: 'dead', worker: 'worker-1', reason: 'rejected: the body made no sense' },
        ]);
      });
    });

    describe('watch', () => {
      it('resolves at once when something is there', async () => {
        await mailbox.publish('work', message('one'));
        await mailbox.watch('work', AbortSignal.timeout(1_000));
        expect(await drain(mailbox)).toEqual(['one']);
      });

      it('wakes when something comes, or comes back', async () => {
        const watching = mailbox.watch('work', AbortSignal.timeout(1_500));
        await delay(30);
        await mailbox.publish('work', message('one'));
        await watching;
        const claim = await claimOne(mailbox);
        const again = mailbox.watch('work', AbortSignal.timeout(1_500));
        await delay(30);
        await mailbox.fail(claim, { retry: true });
        await again;
        expect(await drain(mailbox)).toEqual(['one']);
      });

      it('rejects with the reason of the abort', async () => {
        const stop = new AbortController();
        const watching = mailbox.watch('work', stop.signal);
        await delay(10);
        stop.abort(new Error('enough'));
        await expect(watching).rejects.toThrow('enough');
        await expect(mailbox.watch('work', stop.signal)).rejects.toThrow('enough');
      });

      it('rejects when the mailbox closes', async () => {
        const watching = mailbox.watch('work', new AbortController().signal);
        const rejected = expect(watching).rejects.toMatchObject({ code: 'mailbox-failed' });
        await delay(10);
        await mailbox.close();
        await rejected;
      });
    });

    describe('refusals', () => {
      it('refuses an unknown recipient, whatever is asked', async () => {
        const unknown = { code: 'mailbox-unknown-recipient', next: expect.stringContaining('work') };
        await expect(mailbox.publish('nobody', message('one'))).rejects.toMatchObject(unknown);
        await expect(mailbox.publishMany('nobody', [{ envelope: message('one') }])).rejects.toMatchObject(unknown);
        await expect(mailbox.claim('nobody', 'worker-1')).rejects.toMatchObject(unknown);
        await expect(mailbox.watch('nobody', AbortSignal.timeout(100))).rejects.toMatchObject(unknown);
        await expect(mailbox.reap('nobody')).rejects.toMatchObject(unknown);
        await expect(mailbox.list('nobody')).rejects.toMatchObject(unknown);
        await expect(mailbox.read('nobody', 'one')).rejects.toMatchObject(unknown);
        await expect(mailbox.requeue('nobody', 'one')).rejects.toMatchObject(unknown);
      });

      it.each([
        ['a name', () => mailbox.publish('../work', message('one'))],
        ['a worker', () => mailbox.claim('work', 'Worker/1')],
        ['a priority', () => mailbox.publish('work', message('one'), { priority: 10 })],
        ['a delay', () => mailbox.publish('work', message('one'), { delayMs: Number.NaN })],
        ['an id', () => mailbox.publish('work', message('../../one'))],
        ['a version', () => mailbox.publish('work', { ...message('one'), version: 2 as 1 })],
        [
          'one of many',
          () =>
            mailbox.publishMany(
              'work',
              ['one', 'No!'].map((id) => ({ envelope: message(id) })),
            ),
        ],
      ])('refuses %s that is not valid, and publishes nothing', async (_, action) => {
        await expect(action()).rejects.toMatchObject({ code: 'mailbox-invalid-message' });
        expect(await mailbox.list('work')).toEqual([]);
      });

      it('is of no use once closed', async () => {
        await mailbox.close();
        await mailbox.close();
        await expect(mailbox.publish('work', message('one'))).rejects.toMatchObject({ code: 'mailbox-failed' });
        await expect(mailbox.claim('work', 'worker-1')).rejects.toMatchObject({ code: 'mailbox-failed' });
      });
    });
  });
}
