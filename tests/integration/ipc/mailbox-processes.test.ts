/** The file mailbox under many processes and under kill -9. FANFOLD_FAULT_ROUNDS raises the number of kills. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { message } from '../../contract/mailbox/mailbox-contract.ts';
import { bundleChild } from './bundle-child.ts';

const rounds = Number(process.env['FANFOLD_FAULT_ROUNDS'] ?? 40);
const full = process.env['FANFOLD_FAULT_ROUNDS'] !== undefined;

let child: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
/** Where the sockets of the children are. */
let runtime: string;
let mailbox: Mailbox;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  child = await bundleChild(new URL('./children/mailbox-child.ts', import.meta.url));
});
afterAll(() => child.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailbox-processes-'));
  runtime = await mkdtemp(join(tmpdir(), 'bells-'));
  mailbox = createFileMailbox({ folder, leaseMs: 300, attemptLimit: 1_000, durable: false });
  await mailbox.open('work');
});
afterEach(async () => {
  await Promise.all([...children].map(kill));
  await mailbox.close();
  await rm(folder, { recursive: true, force: true });
  await rm(runtime, { recursive: true, force: true });
});

function start(role: string, name: string, said: (line: string) => void = () => {}, count = 0): ChildProcess {
  const started = spawn(process.execPath, [child.path, role, folder, name, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, XDG_RUNTIME_DIR: runtime },
  });
  children.add(started);
  started.once('exit', () => children.delete(started));
  if (started.stdout !== null) createInterface(started.stdout).on('line', said);
  return started;
}

async function kill(target: ChildProcess): Promise<void> {
  if (target.exitCode !== null || target.signalCode !== null) return;
  const closed = once(target, 'close');
  target.kill('SIGKILL');
  await closed;
}

async function ended(target: ChildProcess): Promise<void> {
  if (target.stdout?.readableEnded !== true) await once(target, 'close');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

describe('file mailbox with many processes', () => {
  it('gives each message to one of 8 processes', async () => {
    const ids = Array.from({ length: full ? 10_000 : 2_000 }, (_, index) => `m-${index}`);
    await mailbox.publishMany(
      'work',
      ids.map((id) => ({ envelope: message(id) })),
    );
    const completed: string[] = [];
    const said = (line: string): void => void (line !== '' && completed.push(line));
    await Promise.all(Array.from({ length: 8 }, (_, index) => ended(start('drainer', `drainer-${index}`, said))));
    expect(completed).toHaveLength(ids.length);
    expect(new Set(completed)).toEqual(new Set(ids));
    expect((await mailbox.list()).filter(({ state }) => state !== 'done')).toEqual([]);
  });

  it(
    'loses nothing that was acknowledged when publishers, consumers and the reaper are killed',
    async () => {
      const acknowledged: string[] = [];
      const crew = ['publisher', 'publisher', 'consumer', 'consumer', 'consumer', 'reaper'];
      let started = 0;
      const hire = (role: string): ChildProcess => {
        started += 1;
        return start(role, `${role}-${started}`, (line) => acknowledged.push(line));
      };
      const team = crew.map((role) => ({ role, process: hire(role) }));
      await until(() => acknowledged.length > 20);
      for (let round = 0; round < rounds; round += 1) {
        await delay(10 + Math.random() * 60);
        const victim = team[Math.floor(Math.random() * team.length)];
        if (victim === undefined) continue;
        await kill(victim.process);
        victim.process = hire(victim.role);
      }
      await Promise.all(team.map((member) => kill(member.process)));

      const left = new Set(
        (await mailbox.list()).filter(({ state }) => state === 'claimed').map(({ worker }) => worker),
      );
      for (const worker of left) await mailbox.reapWorker('work', worker ?? '');
      await mailbox.reap('work');
      for (let idle = 0; idle < 10; ) {
        const claim = await mailbox.claim('work', 'last');
        if (claim !== undefined) expect(await mailbox.complete(claim)).toBe(true);
        else {
          idle += 1;
          await delay(10);
        }
      }
      const entries = await mailbox.list();
      const ids = entries.map(({ id }) => id);
      expect(entries.filter(({ state }) => state !== 'done')).toEqual([]);
      expect(new Set(ids).size).toBe(ids.length);
      const kept = new Set(ids);
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(rounds);
      expect(await readdir(join(folder, 'work', 'tmp'))).toEqual([]);
      expect(await readdir(join(folder, 'work', 'bells'))).toEqual([]);
      start('waiter', 'last', () => {}, 1);
      while ((await readdir(join(folder, 'work', 'bells'))).length === 0) await delay(5);
      expect(await readdir(runtime)).toHaveLength(1);
    },
    20_000 + rounds * 500,
  );

  it('fences a worker that was stopped for longer than its lease', async () => {
    await mailbox.publish('work', message('one'));
    const said: string[] = [];
    const holder = start('holder', 'sleeper', (line) => said.push(line));
    await until(() => said.includes('holding one'));
    holder.kill('SIGSTOP');
    while ((await mailbox.reap('work')) === 0) await delay(50);
    const claim = await mailbox.claim('work', 'other');
    expect(claim).toMatchObject({ epoch: 2, envelope: { id: 'one' } });
    expect(claim && (await mailbox.complete(claim))).toBe(true);
    holder.kill('SIGCONT');
    holder.stdin?.write('go on\n');
    await until(() => said.length === 2);
    expect(said[1]).toBe('completed false');
    expect((await mailbox.list()).map(({ state, worker }) => [state, worker])).toEqual([['done', 'other']]);
  });

  it('wakes a waiting process by its doorbell', async () => {
    const count = 60;
    const claimedAt = new Map<string, bigint>();
    let ready = false;
    const waiter = start(
      'waiter',
      'waiter',
      (line) => {
        const [id = '', at] = line.split(' ');
        if (at === undefined) ready = true;
        else claimedAt.set(id, BigInt(at));
      },
      count,
    );
    await until(() => ready);
    const bells = join(folder, 'work', 'bells');
    while ((await readdir(bells)).length === 0) await delay(5);
    const latencies: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const before = process.hrtime.bigint();
      await mailbox.publish('work', message(`m-${index}`));
      await until(() => claimedAt.has(`m-${index}`));
      latencies.push(Number((claimedAt.get(`m-${index}`) ?? 0n) - before) / 1e6);
    }
    await ended(waiter);
    expect(latencies.sort((left, right) => left - right)[count / 2]).toBeLessThan(25);
    expect(await readdir(bells)).toEqual([]);
  });

  it('forgets the bell of a process that was killed', async () => {
    const waiter = start('waiter', 'waiter', () => {}, 1);
    const bells = join(folder, 'work', 'bells');
    while ((await readdir(bells)).length === 0) await delay(5);
    await kill(waiter);
    expect([await readdir(bells), await readdir(runtime)]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await mailbox.publish('work', message('one'));
    while ((await readdir(bells)).length > 0) await delay(5);
    expect(await readdir(runtime)).toEqual([]);
    expect((await mailbox.claim('work', 'other'))?.envelope.id).toBe('one');
  });
});
