/** The log of the file mailbox: what it gives back after the machine stopped, when it goes, and what a full disk does. */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../ipc/mailbox/file/file-mailbox.ts';
import { type MailboxFileSystem, nodeFileSystem } from '../../ipc/mailbox/file/file-system.ts';
import { baseName, waitingName } from '../../ipc/mailbox/file/message-name.ts';
import { logLine } from '../../ipc/mailbox/file/publish-log.ts';
import type { Mailbox } from '../../ipc/mailbox/mailbox.ts';
import { drain, message } from '../contract/mailbox/mailbox-contract.ts';
import { bundleChild } from '../integration/ipc/bundle-child.ts';
import { afterwards, crashAt } from './crashing-file-system.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const box = (...names: string[]): string => join(folder, 'mail', 'work', ...names);

async function openMail(fileSystem: MailboxFileSystem): Promise<Mailbox> {
  const mailbox = createFileMailbox({ folder: join(folder, 'mail'), fileSystem });
  await mailbox.open('work');
  return mailbox;
}

async function idsOf(mailbox: Mailbox): Promise<string[]> {
  return (await mailbox.list('work')).map(({ id }) => id).sort();
}

describe('after the machine stopped', () => {
  it.each(['contents', 'everything'] as const)(
    'gives back in order, by priority and delay, when %s were lost',
    async (lost) => {
      const machine = crashAt(Number.POSITIVE_INFINITY);
      const before = await openMail(machine);
      const ids = Array.from({ length: 300 }, (_, index) => `m-${index}`);
      await before.publishMany('work', [
        ...ids.map((id) => ({ envelope: message(id) })),
        { envelope: message('urgent'), priority: 0 },
        { envelope: message('later'), delayMs: 3_600_000 },
      ]);
      await before.publish('work', message('last'));
      machine.loseUnsynced(lost);
      const after = await openMail(afterwards(true));
      expect((await after.publish('work', message('m-7', 'again'))).duplicate).toBe(true);
      expect(await drain(after)).toEqual(['urgent', ...ids, 'last']);
      const rest = (await after.list('work')).filter(({ state }) => state !== 'done');
      expect(rest.map(({ id, state }) => [id, state])).toEqual([['later', 'delayed']]);
      await after.close();
      await before.close();
    },
  );

  it('gives back once, though it dies at each call of giving back', async () => {
    let calls = 0;
    for (let call = 1, survived = false; !survived; call += 1) {
      calls = call;
      const machine = crashAt(Number.POSITIVE_INFINITY);
      const before = await openMail(machine);
      const ids = ['a', 'b', 'c', 'd'];
      await before.publishMany(
        'work',
        ids.map((id) => ({ envelope: message(id) })),
      );
      const claim = await before.claim('work', 'worker-1');
      expect(claim && (await before.complete(claim))).toBe(true);
      await before.claim('work', 'worker-1');
      machine.loseUnsynced(call % 2 === 0 ? 'contents' : 'everything');

      const dying = { ...crashAt(call), bootId: () => 'b0-2' };
      try {
        const mailbox = await openMail(dying);
        survived = true;
        await mailbox.close();
      } catch (error) {
        expect(error).toMatchObject({ code: 'mailbox-failed' });
      }
      const after = await openMail(afterwards(true));
      await after.reapWorker('work', 'worker-1');
      await drain(after);
      const entries = await after.list('work');
      expect([call, entries.map(({ id, state }) => `${id} ${state}`).sort()]).toEqual([
        call,
        ids.map((id) => `${id} done`),
      ]);
      await after.close();
      await before.close();
      await rm(join(folder, 'mail'), { recursive: true });
    }
    expect(calls).toBeGreaterThan(40);
  });

  it('gives each back to one of several processes that come at once', async () => {
    const before = await openMail(nodeFileSystem);
    const ids = Array.from({ length: 400 }, (_, index) => `m-${index}`);
    await before.publishMany(
      'work',
      ids.map((id) => ({ envelope: message(id) })),
    );
    await before.close();
    const [log = ''] = readdirSync(box('log'));
    renameSync(box('log', log), box('log', log.replace(/^[^~]*/, 'b0-1')));
    for (const [index, name] of readdirSync(box('new', '5', '00000001')).entries()) {
      const id = /-(m-\d+)~/.exec(name)?.[1] ?? expect.fail(name);
      if (index % 4 === 0) truncateSync(box('ids', id), 0);
      if (index % 4 === 1) truncateSync(box('ids', id), 30);
      if (index % 4 === 2) unlinkSync(box('new', '5', '00000001', name));
      if (index % 8 === 2 || index % 8 === 3) unlinkSync(box('ids', id));
    }
    const garbled = logLine(
      waitingName({ base: baseName(5, 1, 'a'.repeat(26), 'ghost'), priority: 5, id: 'ghost', epoch: 0, losses: 0 }),
      '{"version":1}',
    );
    appendFileSync(box('log', readdirSync(box('log'))[0] ?? ''), garbled.replace('version', '\0\0\0\0\0\0\0'));
    const child = await bundleChild(new URL('../integration/ipc/children/mailbox-child.ts', import.meta.url));
    try {
      const drainers = Array.from({ length: 4 }, (_, index) =>
        spawn(process.execPath, [child.path, 'drainer', join(folder, 'mail'), `drainer-${index}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
      const said = await Promise.all(drainers.map(({ stdout }) => text(stdout)));
      const delivered = said.flatMap((lines) => lines.split('\n')).filter((line) => line !== '');
      expect(delivered.sort()).toEqual([...ids].sort());
    } finally {
      await child.remove();
    }
    const after = await openMail(nodeFileSystem);
    const again = await after.publishMany(
      'work',
      ids.map((id) => ({ envelope: message(id) })),
    );
    expect(again.filter(({ duplicate }) => !duplicate)).toEqual([]);
    expect(await idsOf(after)).toEqual([...ids].sort());
    await after.close();
  });

  it('takes nothing from the logs of this life of the machine', async () => {
    const mailbox = await openMail(nodeFileSystem);
    await mailbox.publish('work', message('one'));
    for (const name of readdirSync(box('new', '5', '00000001'))) unlinkSync(box('new', '5', '00000001', name));
    const other = await openMail(nodeFileSystem);
    expect(await idsOf(other)).toEqual([]);
    await other.close();
    await mailbox.close();
  });
});

describe('when a log is full', () => {
  const large = ['large-1', 'large-2', 'large-3'];
  const body = 'x'.repeat(1_500_000);

  it.each(['contents', 'everything'] as const)(
    'makes what it holds durable without it, at whatever call %s are lost',
    async (lost) => {
      let retired = 0;
      let survived = false;
      for (let call = 60; !survived; call += 1) {
        const machine = crashAt(call);
        const acknowledged: string[] = [];
        try {
          const mailbox = await openMail(machine);
          for (const id of large) {
            await mailbox.publish('work', message(id, body));
            acknowledged.push(id);
          }
          await mailbox.publish('work', message('small'));
          acknowledged.push('small');
          while ((await readdir(box('log'))).length > 1 && machine.calls < call) await delay(1);
          survived = machine.calls < call;
          await mailbox.close();
        } catch (error) {
          expect(error).toMatchObject({ code: 'mailbox-failed' });
        }
        if (acknowledged.length === 4 && readdirSync(box('log')).length === 1) retired += 1;
        machine.loseUnsynced(lost);
        const after = await openMail(afterwards(true));
        expect([call, await idsOf(after)]).toEqual([call, expect.arrayContaining(acknowledged)]);
        const delivered = await drain(after);
        expect([call, delivered]).toEqual([call, expect.arrayContaining(acknowledged)]);
        expect(new Set(delivered).size).toBe(delivered.length);
        await after.close();
        await rm(join(folder, 'mail'), { recursive: true });
      }
      expect(retired).toBeGreaterThan(0);
    },
  );

  it('is removed once its process has ended, by whoever reaps', async () => {
    const ended = await openMail(nodeFileSystem);
    await ended.publish('work', message('one'));
    await ended.close();
    const [log = ''] = readdirSync(box('log'));
    // No process has so high an id.
    renameSync(box('log', log), box('log', log.replace(/~\d+/, '~4194305')));
    const living = await openMail(nodeFileSystem);
    await living.publish('work', message('two'));
    const livingFirst = (names: string[]): string[] => names.sort((name) => (name.includes('~4194305') ? 1 : -1));
    const names = (path: string): string[] => livingFirst(readdirSync(path));
    expect(names(box('log'))).toHaveLength(2);
    const reaper = await openMail({ ...nodeFileSystem, names });
    await reaper.reap('work');
    while (names(box('log')).at(-1)?.includes('~4194305')) await delay(2);
    expect(names(box('log'))).toHaveLength(1);
    await living.publish('work', message('three'));
    expect(await drain(reaper)).toEqual(['one', 'two', 'three']);
    await reaper.close();
    await living.close();
  });
});

describe('on a full disk', () => {
  const full = (): never => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const three = ['a', 'b', 'c'].map((id) => ({ envelope: message(id) }));

  async function expectNothingComesBack(...kept: string[]): Promise<void> {
    expect(readdirSync(box('tmp'))).toEqual([]);
    const after = await openMail(afterwards(true));
    expect(await idsOf(after)).toEqual(kept);
    await after.publishMany('work', three);
    expect(await drain(after)).toHaveLength(3);
    await after.close();
  }

  it('publishes nothing when the log takes only a part', async () => {
    const logs = new Set<number>();
    const mailbox = await openMail({
      ...afterwards(false),
      create(path) {
        const descriptor = nodeFileSystem.create(path);
        if (path.includes('/log/')) logs.add(descriptor);
        else logs.delete(descriptor);
        return descriptor;
      },
      write(descriptor, content) {
        if (!logs.has(descriptor)) return nodeFileSystem.write(descriptor, content);
        nodeFileSystem.write(descriptor, content.slice(0, (content.length * 2) / 3));
        full();
      },
    });
    await expect(mailbox.publishMany('work', three)).rejects.toMatchObject({
      code: 'mailbox-failed',
      failure: 'transient',
      next: expect.stringContaining('Free disk space'),
    });
    expect(await idsOf(mailbox)).toEqual([]);
    expect(readdirSync(box('log'))).toEqual([]);
    await mailbox.close();
    await expectNothingComesBack();
  });

  it('does not bring back after a restart what it refused before', async () => {
    const mailbox = await openMail({
      ...afterwards(false),
      rename(from, to) {
        if (to.includes('/new/') && /-b~/.test(to)) full();
        nodeFileSystem.rename(from, to);
      },
    });
    await expect(mailbox.publishMany('work', three)).rejects.toMatchObject({ data: { errno: 'ENOSPC' } });
    expect(await idsOf(mailbox)).toEqual(['a', 'c']);
    expect(readdirSync(box('log'))).toEqual([]);
    await mailbox.close();
    for (const name of readdirSync(box('new', '5', '00000001'))) {
      expect(readFileSync(box('new', '5', '00000001', name), 'utf8')).toContain('"version":1');
    }
    await expectNothingComesBack('a', 'c');
  });
});
