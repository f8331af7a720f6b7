import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Governor, Permit } from '../../../../worker/agent/model/governor/governor.ts';
import { joinGovernor } from '../../../../worker/agent/model/governor/join.ts';
import { findMeetingPlace } from '../../../../worker/agent/model/governor/meeting-place.ts';
import { createMember } from '../../../../worker/agent/model/governor/member.ts';
import { bundleChild } from '../../ipc/bundle-child.ts';

const lane = 'a'.repeat(32);
const answered = { kind: 'answered' as const, inputTokens: 10, outputTokens: 10 };

/** Where members of one test meet. */
function parent(): string {
  const folder = mkdtempSync(join(tmpdir(), 'governor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function place(folder: string): string {
  const [name = ''] = readdirSync(folder);
  return join(folder, name);
}

function member(folder: string, options: { calmMs?: number; silenceMs?: number } = {}): Governor {
  const { calmMs, ...rest } = options;
  const settings = { parents: [folder], ...(calmMs === undefined ? {} : { calmMs }) };
  const made = createMember({ join: () => joinGovernor(settings), ...rest });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

interface Entering {
  signal?: AbortSignal;
  order?: number;
  onWait?: (ms: number) => void;
  lane?: string;
}

async function enter(governor: Governor, options: Entering = {}): Promise<Permit> {
  const { signal = new AbortController().signal, order = Date.now(), onWait = () => {} } = options;
  return governor.enter(options.lane ?? lane, { signal, order, onWait });
}

async function refuse(governor: Governor, retryAfterMs?: number): Promise<void> {
  (await enter(governor)).settle({ kind: 'refused', retryAfterMs });
}

/** How long it took to get in, ms. */
async function timeToEnter(governor: Governor, options: Entering = {}): Promise<number> {
  const startedAt = performance.now();
  const permit = await enter(governor, options);
  permit.settle(answered);
  return performance.now() - startedAt;
}

/** Until the member has heard of the lane: then it has to ask. */
async function untilGoverned(governor: Governor): Promise<void> {
  await expect.poll(() => asks(governor), { timeout: 10_000 }).toBe(true);
}

function asks(governor: Governor): boolean {
  const entered = governor.enter(lane, { signal: new AbortController().signal, order: 0, onWait: () => {} });
  if (entered instanceof Promise) {
    void entered.then((permit) => permit.settle({ kind: 'broken' }));
    return true;
  }
  entered.settle({ kind: 'broken' });
  return false;
}

const plenty = [{ kind: 'requests' as const, limit: 4_000, remaining: 3_999, fullInMs: 100 }];

/** It has seen headers of a limit, and waits until it is connected for that. */
async function meet(governor: Governor, folder: string): Promise<void> {
  const permit = await enter(governor, { lane: 'b'.repeat(32) });
  permit.learn(plenty);
  permit.settle(answered);
  await expect.poll(() => existsSync(place(folder)) && readdirSync(place(folder)).length).toBeGreaterThan(0);
  await sleep(50);
}

describe('members of one machine', () => {
  it('cost nothing until a server shows a limit: no folder, no promise', async () => {
    const folder = parent();
    const governor = member(folder);
    for (let count = 0; count < 100; count += 1) {
      const entered = governor.enter(lane, { signal: new AbortController().signal, order: 0, onWait: () => {} });
      expect(entered).not.toBeInstanceOf(Promise);
      (entered as Permit).learn([]);
      (entered as Permit).settle(answered);
    }
    await sleep(50);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('all wait when one was told to, each is told once for how long, and other lanes go on', async () => {
    const folder = parent();
    const [first, second] = [member(folder), member(folder)];
    await meet(first, folder);
    await meet(second, folder);
    await refuse(first, 1_500);
    await untilGovernedByPause(second);
    const told: number[] = [];
    const waits = await Promise.all([
      timeToEnter(second, { onWait: (ms) => told.push(ms) }),
      timeToEnter(first, { onWait: (ms) => told.push(ms) }),
    ]);
    for (const ms of waits) expect(ms).toBeGreaterThan(700);
    expect(told).toHaveLength(2);
    for (const ms of told) expect(ms).toBeGreaterThan(1_000 - 1);
    expect(await timeToEnter(second, { lane: 'c'.repeat(32) })).toBeLessThan(200);
  });

  it('go one after another in the order in which their turns began, whoever they are', async () => {
    const folder = parent();
    const members = [member(folder), member(folder), member(folder)] as const;
    for (const each of members) await meet(each, folder);
    await refuse(members[0]);
    for (const each of members) await untilGoverned(each);
    // The window is 1: one request was under way when the first was refused.
    const held = await enter(members[0]);
    const order: number[] = [];
    const orders = [5, 2, 4, 1, 3];
    const entered = orders.map(async (place, index) => {
      const permit = await enter(members[index % 3] as Governor, { order: place });
      order.push(place);
      await sleep(20);
      permit.settle({ kind: 'broken' });
    });
    await sleep(150);
    expect(order).toEqual([]);
    held.settle(answered);
    await Promise.all(entered);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('a wait ends with its signal, and takes nobody’s place afterwards', async () => {
    const folder = parent();
    const governor = member(folder);
    await refuse(governor, 700);
    const reason = new Error('time is up');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    await expect(enter(governor, { signal: controller.signal })).rejects.toBe(reason);
    await expect(enter(governor, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await timeToEnter(governor)).toBeLessThan(5_000);
  });

  it('a lane that has long been calm is free again', async () => {
    const folder = parent();
    const governor = member(folder, { calmMs: 300 });
    await refuse(governor);
    await untilGoverned(governor);
    await expect.poll(() => asks(governor), { timeout: 10_000, interval: 1_500 }).toBe(false);
  });

  it('when the governor ends another takes over, who knows of the pause', async () => {
    const folder = parent();
    const first = member(folder);
    const others = [member(folder), member(folder)] as const;
    await meet(first, folder);
    for (const each of others) await meet(each, folder);
    await refuse(others[0], 2_500);
    await untilGovernedByPause(others[1]);
    const startedAt = performance.now();
    const waits = others.map((each) => timeToEnter(each));
    await first[Symbol.asyncDispose]();
    await Promise.all(waits);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    expect(readdirSync(place(folder))).toHaveLength(1);
    for (const each of others) await each[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('many that begin at the same time find one governor', async () => {
    const folder = parent();
    const members = Array.from({ length: 12 }, () => member(folder));
    await Promise.all(members.map((each) => refuse(each, 400)));
    await Promise.all(members.map((each) => timeToEnter(each)));
    expect(readdirSync(place(folder))).toHaveLength(1);
  });

  it('what is no member’s language ends that connection and nothing else', async () => {
    const folder = parent();
    const governor = member(folder);
    await refuse(governor);
    await untilGoverned(governor);
    const [socket = ''] = readdirSync(place(folder));
    for (const words of ['no json\n', '{"type":"govern","lane":"../x"}\n', `"${'x'.repeat(1_100_000)}`]) {
      const stranger = connect(join(place(folder), socket));
      stranger.on('error', () => {});
      stranger.write(words);
      await new Promise<void>((resolve) => stranger.once('close', () => resolve()));
    }
    await timeToEnter(governor);
  });

  /** The other member has told of it. */
  async function untilGovernedByPause(governor: Governor): Promise<void> {
    await expect
      .poll(
        () => {
          const entered = governor.enter(lane, { signal: AbortSignal.timeout(1), order: 0, onWait: () => {} });
          if (!(entered instanceof Promise)) entered.settle({ kind: 'broken' });
          else entered.then((permit) => permit.settle({ kind: 'broken' })).catch(() => {});
          return entered instanceof Promise;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  }
});

describe('where to meet', () => {
  it('is a folder of this user alone, or none', () => {
    const folder = parent();
    const found = findMeetingPlace([join(folder, 'missing'), folder]);
    expect(found).toBe(place(folder));
    expect(findMeetingPlace([folder])).toBe(found);
    chmodSync(found ?? '', 0o755);
    expect(findMeetingPlace([folder])).toBeUndefined();
    rmSync(found ?? '', { recursive: true });
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(folder, 'elsewhere'), found ?? '');
    expect(findMeetingPlace([folder])).toBeUndefined();
    rmSync(found ?? '');
    writeFileSync(found ?? '', '');
    expect(findMeetingPlace([folder])).toBeUndefined();
    expect(findMeetingPlace([join(folder, 'x'.repeat(100))])).toBeUndefined();
  });

  it('where nothing can be bound, those of one process tell each other of refusals', async () => {
    const missing = join(parent(), 'missing');
    const [first, second] = [member(missing), member(missing)];
    for (const each of [first, second]) {
      const permit = await enter(each);
      permit.learn(plenty);
      permit.settle(answered);
    }
    await sleep(100);
    await refuse(first, 1_200);
    await untilGoverned(second);
    expect(await timeToEnter(second)).toBeGreaterThan(500);
  });
});

describe('processes', () => {
  let bundle: Awaited<ReturnType<typeof bundleChild>>;
  beforeAll(async () => {
    bundle = await bundleChild(new URL('children/member-child.ts', import.meta.url));
  });
  afterAll(() => bundle.remove());

  async function start(folder: string): Promise<{ child: ChildProcess; say(line: string): void; lines: string[] }> {
    const child = spawn(process.execPath, [bundle.path, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('ready');
    return { child, say: (line) => void child.stdin.write(`${line}\n`), lines };
  }

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    '%s of the governor holds nobody up for long, nor loses a pause',
    async (signal) => {
      const folder = parent();
      const first = await start(folder);
      first.say('refuse 100');
      await expect.poll(() => readdirSync(folder)).toHaveLength(1);
      await expect.poll(() => readdirSync(place(folder))).toHaveLength(1);
      const second = await start(folder);
      second.say('refuse 12000');
      await sleep(500);
      second.say('ask one');
      await sleep(500);
      const killedAt = Date.now();
      first.child.kill(signal);
      // It asks itself, with the governor dead.
      const third = await start(folder);
      third.say('refuse 1');
      third.say('ask two');
      const granted = ({ lines }: { lines: string[] }, id: string): string | undefined =>
        lines.find((line) => line.startsWith(`granted ${id} `));
      await expect.poll(() => granted(second, 'one'), { timeout: 30_000 }).toBeDefined();
      await expect.poll(() => granted(third, 'two'), { timeout: 30_000 }).toBeDefined();
      const at = Number(granted(second, 'one')?.split(' ')[2]);
      expect(at - killedAt).toBeGreaterThan(8_000);
      expect(at - killedAt).toBeLessThan(25_000);
      // Whoever was suspended finds that it is the governor no more.
      first.child.kill('SIGCONT');
      await expect.poll(() => readdirSync(place(folder)), { timeout: 10_000 }).toHaveLength(1);
      if (signal === 'SIGSTOP') {
        first.say('ask three');
        await expect.poll(() => granted(first, 'three'), { timeout: 20_000 }).toBeDefined();
      }
    },
  );

  it('one that is killed gives back what it had under way', async () => {
    const folder = parent();
    const governor = member(folder);
    const { child, say, lines } = await start(folder);
    await refuse(governor);
    await untilGoverned(governor);
    say('refuse 1');
    await sleep(300);
    say('hold one');
    await expect.poll(() => lines.some((line) => line.startsWith('granted one')), { timeout: 10_000 }).toBe(true);
    // The window is 1 or 2 wide: with another one held nobody gets in.
    const held = await enter(governor, { signal: AbortSignal.timeout(500) }).catch(() => undefined);
    const waiting = timeToEnter(governor);
    await sleep(300);
    child.kill('SIGKILL');
    await waiting;
    held?.settle(answered);
  });
});
