/** What others put into a file mailbox passes messages that this instance has read ahead, without any bell. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { claimOne, drain, message } from '../../contract/mailbox/mailbox-contract.ts';

let folder: string;
let here: Mailbox;
let there: Mailbox;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-order-'));
  here = createFileMailbox({ folder, durable: false });
  there = createFileMailbox({ folder, durable: false });
  await here.open('work');
  await here.publishMany(
    'work',
    ['a', 'b', 'c', 'd'].map((id) => ({ envelope: message(id) })),
  );
});
afterEach(async () => {
  await here.close();
  await there.close();
  await rm(folder, { recursive: true, force: true });
});

it('a more urgent message', async () => {
  expect((await claimOne(here)).envelope.id).toBe('a');
  await there.publish('work', message('usual'));
  await there.publish('work', message('less'), { priority: 6 });
  await there.publish('work', message('urgent'), { priority: 4 });
  await delay(150);
  expect(await drain(here)).toEqual(['urgent', 'b', 'c', 'd', 'usual', 'less']);
});

it('one that was given back, and one before that', async () => {
  const [first, second] = [await claimOne(there, 'other'), await claimOne(there, 'other')];
  expect((await claimOne(here)).envelope.id).toBe('c');
  await there.fail(second, { retry: true });
  await delay(150);
  const again = await claimOne(here);
  expect(again.envelope.id).toBe('b');
  await here.fail(again, { retry: true });
  await there.fail(first, { retry: true });
  await delay(150);
  expect(await drain(here)).toEqual(['a', 'b', 'd']);
});

it('a delayed one when it is due', async () => {
  expect((await claimOne(here)).envelope.id).toBe('a');
  await there.publish('work', message('later'), { priority: 4, delayMs: 50 });
  await delay(200);
  expect(await drain(here)).toEqual(['later', 'b', 'c', 'd']);
});
