/** The file mailbox dies at every single call of its file system, with and without the loss of what was not synced. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { drain, message } from '../../contract/mailbox/mailbox-contract.ts';
import { type CrashingFileSystem, crashAt } from './crashing-file-system.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-crash-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Witness {
  acknowledged: string[];
  completed: string[];
  buried: string[];
}

/** A life with everything in it; the witness knows what was promised before the end. */
async function live(mailbox: Mailbox, witness: Witness): Promise<void> {
  await mailbox.open('work');
  await mailbox.publish('work', message('a'));
  witness.acknowledged.push('a');
  await mailbox.publishMany(
    'work',
    ['b', 'c', 'd'].map((id) => ({ envelope: message(id) })),
  );
  witness.acknowledged.push('b', 'c', 'd');
  await mailbox.publish('work', message('e'), { delayMs: 1 });
  witness.acknowledged.push('e');
  await mailbox.publish('work', message('a'));
  const claim = async () => (await mailbox.claim('work', 'mortal')) ?? expect.fail('nothing to claim');
  const first = await claim();
  await mailbox.renew(first);
  if (await mailbox.complete(first)) witness.completed.push(first.envelope.id);
  await mailbox.fail(await claim(), { retry: true });
  const second = await claim();
  if (await mailbox.fail(second, { retry: false, reason: 'no use' })) witness.buried.push(second.envelope.id);
  await claim();
  await mailbox.reapWorker('work', 'mortal');
}

async function liveUntil(call: number, witness: Witness): Promise<CrashingFileSystem & { survived: boolean }> {
  const fileSystem = crashAt(call);
  let survived = false;
  try {
    const mailbox = createFileMailbox({ folder: join(folder, 'mail'), fileSystem });
    await live(mailbox, witness);
    survived = true;
    await mailbox.close();
  } catch (error) {
    expect(error).toMatchObject({ code: 'mailbox-failed' });
  }
  return Object.assign(fileSystem, { survived });
}

describe.each([
  ['killed', false],
  ['cut from power', true],
])('file mailbox %s at each call', (_, powerCut) => {
  it('keeps what it acknowledged, delivers the rest once when it is sent again, and ends each once', async () => {
    let calls = 0;
    for (let call = 1, survived = false; !survived; call += 1) {
      const witness: Witness = { acknowledged: [], completed: [], buried: [] };
      const dead = await liveUntil(call, witness);
      ({ survived } = dead);
      calls = dead.calls;
      if (powerCut) dead.loseUnsynced();
      else dead.release();

      const mailbox = createFileMailbox({ folder: join(folder, 'mail'), durable: false });
      await mailbox.open('work');
      await mailbox.reapWorker('work', 'mortal');
      const before = (await mailbox.list()).map(({ id }) => id);
      expect([call, before]).toEqual([call, expect.arrayContaining(witness.acknowledged)]);
      for (const id of ['a', 'b', 'c', 'd', 'e']) await mailbox.publish('work', message(id));
      await new Promise((later) => setTimeout(later, 3));
      const delivered = await drain(mailbox);
      const entries = await mailbox.list();
      expect([call, entries.map(({ id }) => id).sort()]).toEqual([call, ['a', 'b', 'c', 'd', 'e']]);
      expect(entries.filter(({ state }) => state !== 'done' && state !== 'dead')).toEqual([]);
      const reasons = entries.flatMap(({ reason }) => reason ?? []);
      expect([call, reasons.filter((reason) => !reason.startsWith('rejected'))]).toEqual([call, []]);
      if (!powerCut) {
        for (const id of [...witness.completed, ...witness.buried]) expect(delivered).not.toContain(id);
        expect(entries.filter(({ state }) => state === 'dead').map(({ id }) => id)).toEqual(
          expect.arrayContaining(witness.buried),
        );
      }
      await mailbox.close();
      const leftovers = (await readdir(join(folder, 'mail', 'work', 'tmp'))).filter((name) => !/^\d+\./.test(name));
      expect(leftovers).toEqual([]);
      await rm(join(folder, 'mail'), { recursive: true });
    }
    expect(calls).toBeGreaterThan(80);
  });
});
