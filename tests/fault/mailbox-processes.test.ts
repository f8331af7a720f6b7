/** The file mailbox under many processes and under kill -9. FANFOLD_FAULT_ROUNDS raises the number of kills. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailbox } from '../../ipc/mailbox/file/file-mailbox.ts';
import type { Mailbox } from '../../ipc/mailbox/mailbox.ts';
import { message } from '../contract/mailbox/mailbox-contract.ts';
import { bundleChild } from '../integration/ipc/bundle-child.ts';

const rounds = Number(process.env['FANFOLD_FAULT_ROUNDS'] ?? 40);
const full = process.env['FANFOLD_FAULT_ROUNDS'] !== undefined;

/** Leases, and how soon after a death the claim must be another's. */
const lives = { fast: { leaseMs: 5_000, limitMs: 7_000 }, usual: { leaseMs: 30_000, limitMs: 35_000 } };
/** How often a run's coordinator looks. */
const roundsPerLease = 12;

let child: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
/** Where the sockets of the children are. */
let runtime: string;
let mailbox: Mailbox;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  child = await bundleChild(new URL('../integration/ipc/children/mailbox-child.ts', import.meta.url));
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
  await mailbox.reap('work');
  // What the logs of the dead hold is made durable without them first, in the background.
  await until(() => readdirSync(join(folder, 'work', 'log')).length === 0);
  const left = [join(folder, 'work', 'tmp'), join(folder, 'work', 'bells'), runtime].map((path) => readdirSync(path));
  await mailbox.close();
  await rm(folder, { recursive: true, force: true });
  await rm(runtime, { recursive: true, force: true });
  expect(left).toEqual([[], [], []]);
  expect(children.size).toBe(0);
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
    const ids = Array.from({ length: 10_000 }, (_, index) => `m-${index}`);
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
      const deck: typeof team = [];
      for (let round = 0; round < rounds; round += 1) {
        await delay(10 + Math.random() * 60);
        // Everybody's turn comes, in an order that nobody knows.
        if (deck.length === 0) deck.push(...team);
        const [victim] = deck.splice(Math.floor(Math.random() * deck.length), 1);
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
      expect(rounds).toBeGreaterThan(team.length);
      expect(await readdir(join(folder, 'work', 'tmp'))).toEqual([]);
      expect(await readdir(join(folder, 'work', 'bells'))).toEqual([]);
      start('waiter', 'last', () => {}, 1);
      while ((await readdir(join(folder, 'work', 'bells'))).length === 0) await delay(5);
      expect(await readdir(runtime)).toHaveLength(1);
    },
    20_000 + rounds * 500,
  );

  it.each(full ? [lives.fast, lives.usual] : [lives.fast])(
    'delivers again within $limitMs ms what a worker held that was killed, with a lease of $leaseMs ms',
    async ({ leaseMs, limitMs }) => {
      await using patient = createFileMailbox({ folder, leaseMs, durable: false });
      await patient.publish('work', message('one'));
      const said: string[] = [];
      const beats = Math.floor(leaseMs / 3);
      const worker = start('worker', 'mortal', (line) => said.push(line), beats);
      await until(() => said.includes('beat'));
      expect(await patient.reap('work')).toBe(0);
      await kill(worker);
      const killedAt = performance.now();
      let looks = 1;
      for (; (await patient.reap('work')) === 0; looks += 1) await delay(leaseMs / roundsPerLease);
      const tookMs = performance.now() - killedAt;
      expect(await patient.claim('work', 'other')).toMatchObject({ epoch: 2, envelope: { id: 'one' } });
      // A round late to see the last beat, and one for timers that are a moment early.
      expect(looks).toBeLessThanOrEqual(roundsPerLease + 2);
      expect(looks * (leaseMs / roundsPerLease)).toBeLessThan(limitMs);
      if (full) expect(tookMs).toBeLessThan(limitMs);
    },
    120_000,
  );

  it('gives up a message that kills each worker, and goes on with the next', async () => {
    await using strict = createFileMailbox({ folder, leaseMs: 300, durable: false });
    await strict.publish('work', message('poison'));
    for (const id of ['next-1', 'next-2']) await strict.publish('work', message(id));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const victim = start('victim', `victim-${attempt}`);
      await ended(victim);
      expect(victim.signalCode).toBe('SIGKILL');
      while ((await strict.reap('work')) === 0) await delay(30);
    }
    const completed: string[] = [];
    await ended(start('drainer', 'drainer', (line) => completed.push(line)));
    expect(completed).toEqual(['next-1', 'next-2']);
    expect(await strict.list('work', ['dead'])).toMatchObject([
      { id: 'poison', epoch: 3, worker: 'victim-3', reason: expect.stringMatching(/^attempts-exhausted: .*3 times/) },
    ]);
  });

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
