/** The file mailbox dies at every single call of its file system, with and without the loss of what was not synced. */

import { linkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../../ipc/doorbell/process-identity.ts';
import { type Box, findBox } from '../../ipc/mailbox/file/box.ts';
import { createFileMailbox } from '../../ipc/mailbox/file/file-mailbox.ts';
import { nodeFileSystem } from '../../ipc/mailbox/file/file-system.ts';
import { baseName, waitingName } from '../../ipc/mailbox/file/message-name.ts';
import type { Mailbox } from '../../ipc/mailbox/mailbox.ts';
import { drain, message } from '../contract/mailbox/mailbox-contract.ts';
import { afterwards, type CrashingFileSystem, crashAt } from './crashing-file-system.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-crash-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
/** No message is buried here for the leases that it lost. */
const patient = { attemptLimit: 1_000 };
/** No process has so high an id. */
const deadProcess = `4194305.1.${processIdentity().split('.')[2]}`;

interface Witness {
  acknowledged: string[];
  completed: string[];
  buried: string[];
}

/** A life with everything in it; the witness knows what was promised before the end. */
async function live(mailbox: Mailbox, witness: Witness): Promise<void> {
  await mailbox.open('work');
  leaveUndelivered('f');
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
  const third = await claim();
  await mailbox.fail(third, { retry: false, reason: 'not now' });
  await mailbox.requeue('work', third.envelope.id);
  await claim();
  await mailbox.reapWorker('work', 'mortal');
  await claim();
  // With a lease of nothing the first look takes it back, and delivers what a dead publisher left.
  await mailbox.reap('work');
  expect((await mailbox.read('work', 'f'))?.entry.state).toBe('new');
}

/** What a publisher leaves that dies between taking the id and delivering: the message stands in tmp/ and in ids/. */
function leaveUndelivered(id: string): void {
  const { path } = findBoxOf(join(folder, 'mail'));
  const name = waitingName({ base: baseName(5, 1, 'a'.repeat(26), id), priority: 5, id, epoch: 0, losses: 0 });
  const staged = `${path.tmp}/${deadProcess}~${name}`;
  writeFileSync(staged, JSON.stringify(message(id)), { mode: 0o600 });
  linkSync(staged, `${path.ids}/${id}`);
}

function findBoxOf(root: string): Box {
  return findBox(nodeFileSystem, root, 'work', () => {}) ?? expect.fail('there is no box');
}

async function liveUntil(call: number, witness: Witness): Promise<CrashingFileSystem & { survived: boolean }> {
  const fileSystem = crashAt(call);
  let survived = false;
  try {
    const mailbox = createFileMailbox({ folder: join(folder, 'mail'), ...patient, leaseMs: 0, fileSystem });
    await live(mailbox, witness);
    survived = true;
    await mailbox.close();
  } catch (error) {
    expect(error).toMatchObject({ code: 'mailbox-failed', data: { errno: 'EIO' } });
  }
  return Object.assign(fileSystem, { survived });
}

describe.each([
  ['killed', undefined],
  ['cut from power', 'everything'],
  ['cut from power, with its names kept,', 'contents'],
] as const)('file mailbox %s at each call', (_, lost) => {
  it('keeps what it acknowledged, delivers the rest once when it is sent again, and ends each once', async () => {
    let calls = 0;
    for (let call = 1, survived = false; !survived; call += 1) {
      const witness: Witness = { acknowledged: [], completed: [], buried: [] };
      const dead = await liveUntil(call, witness);
      ({ survived } = dead);
      calls = dead.calls;
      if (lost === undefined) dead.release();
      else dead.loseUnsynced(lost);

      const mailbox = createFileMailbox({
        folder: join(folder, 'mail'),
        ...patient,
        durable: false,
        fileSystem: afterwards(lost !== undefined),
      });
      await mailbox.open('work');
      await mailbox.reapWorker('work', 'mortal');
      await mailbox.reap('work');
      const before = (await mailbox.list()).map(({ id }) => id);
      expect([call, before]).toEqual([call, expect.arrayContaining(witness.acknowledged)]);
      for (const id of ids) await mailbox.publish('work', message(id));
      await new Promise((later) => setTimeout(later, 3));
      const delivered = await drain(mailbox);
      const entries = await mailbox.list();
      expect([call, entries.map(({ id }) => id).sort()]).toEqual([call, ids]);
      expect(entries.filter(({ state }) => state !== 'done' && state !== 'dead')).toEqual([]);
      const reasons = entries.flatMap(({ reason }) => reason ?? []);
      expect([call, reasons.filter((reason) => !reason.startsWith('rejected'))]).toEqual([call, []]);
      if (lost === undefined) {
        for (const id of [...witness.completed, ...witness.buried]) expect(delivered).not.toContain(id);
        expect(entries.filter(({ state }) => state === 'dead').map(({ id }) => id)).toEqual(
          expect.arrayContaining(witness.buried),
        );
      }
      await mailbox.close();
      const leftovers = (await readdir(join(folder, 'mail', 'work', 'tmp'))).filter(
        // What this very process has begun is not swept while it lives.
        (name) => !name.startsWith(`${process.pid}.`),
      );
      expect(leftovers).toEqual([]);
      await rm(join(folder, 'mail'), { recursive: true });
    }
    expect(calls).toBeGreaterThan(120);
  });
});
