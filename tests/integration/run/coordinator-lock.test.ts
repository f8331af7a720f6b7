import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  coordinatorOf,
  forgetCoordinator,
  hasCrashed,
  takeCoordinatorLock,
} from '../../../coordinator/run/coordinator-lock.ts';
import { processIdentity } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { bundleChild } from '../ipc/bundle-child.ts';

let bundle: Awaited<ReturnType<typeof bundleChild>>;
beforeAll(async () => {
  bundle = await bundleChild(new URL('./children/lock-holder.ts', import.meta.url));
});
afterAll(() => bundle.remove());
afterEach(() => void vi.useRealTimers());

const locked = { code: 'run-locked' };

/** A process that holds the lock until it is killed. */
async function startHolder(lock: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [bundle.path, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  expect(value).toBe('held');
  return child;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function tokens(lock: string): string[] {
  return readdirSync(`${lock}.epochs`);
}

/** As if the holder were the process with that identity. */
function passTo(lock: string, identity: string): void {
  const [token = ''] = tokens(lock);
  renameSync(join(`${lock}.epochs`, token), join(`${lock}.epochs`, token.replace(/~.*/, `~${identity}`)));
}

const [pid, start, , boot] = processIdentity().split('.');
const elsewhere = `${pid}.${start}.1.${boot}`;
const otherBoot = processIdentity().replace(/\.\d+$/, '.1');

test('the lock is held once, and can be taken again when it was given back', async () => {
  const lock = join(temporaryFolder(), 'coordinator');
  for (let round = 0; round < 3; round += 1) {
    await using held = await takeCoordinatorLock(lock);
    held.verify();
    await expect(takeCoordinatorLock(lock)).rejects.toMatchObject(locked);
    expect(await coordinatorOf(lock)).toBe(process.pid);
    expect(await hasCrashed(lock)).toBe(false);
    expect(held.lost.aborted).toBe(false);
  }
  expect(await coordinatorOf(lock)).toBeUndefined();
  expect(await hasCrashed(lock)).toBe(false);
  expect(tokens(lock)).toEqual(['6~free']);
});

test('one that is suspended holds it still; one that was killed does not, at once', async () => {
  const lock = join(temporaryFolder(), 'coordinator');
  const holder = await startHolder(lock);
  try {
    holder.kill('SIGSTOP');
    const longAgo = Date.now() / 1000 - 3600;
    utimesSync(`${lock}.lock`, longAgo, longAgo);
    await expect(takeCoordinatorLock(lock)).rejects.toMatchObject(locked);
    expect(await coordinatorOf(lock)).toBe(holder.pid);
    await forgetCoordinator(lock);
    expect(await coordinatorOf(lock)).toBe(holder.pid);
  } finally {
    const gone = ended(holder);
    holder.kill('SIGKILL');
    await gone;
  }
  expect(await hasCrashed(lock)).toBe(true);
  await using held = await takeCoordinatorLock(lock);
  held.verify();
  expect(await hasCrashed(lock)).toBe(false);
});

test('what a crash left is forgotten once', async () => {
  const lock = join(temporaryFolder(), 'coordinator');
  const holder = await startHolder(lock);
  const gone = ended(holder);
  holder.kill('SIGKILL');
  await gone;
  await forgetCoordinator(lock);
  expect(await hasCrashed(lock)).toBe(false);
  expect(tokens(lock)).toEqual(['2~free']);
});

test.each([
  ['of another container', elsewhere],
  ['of another start of the machine', otherBoot],
])('a holder %s counts as alive until its heart stands still', async (_, identity) => {
  const lock = join(temporaryFolder(), 'coordinator');
  await using held = await takeCoordinatorLock(lock);
  passTo(lock, identity);
  expect(() => held.verify()).toThrowError(expect.objectContaining(locked));
  expect(held.lost.aborted).toBe(true);
  await expect(takeCoordinatorLock(lock)).rejects.toMatchObject(locked);
  expect(await coordinatorOf(lock)).toBe(process.pid);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 });
  expect(await hasCrashed(lock)).toBe(true);
  await using next = await takeCoordinatorLock(lock);
  next.verify();
});

test('who lost the lock leaves that of the next alone', async () => {
  const lock = join(temporaryFolder(), 'coordinator');
  const first = await takeCoordinatorLock(lock);
  passTo(lock, elsewhere);
  expect(() => first.verify()).toThrow();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 });
  await using second = await takeCoordinatorLock(lock);
  await first[Symbol.asyncDispose]();
  second.verify();
  await expect(takeCoordinatorLock(lock)).rejects.toMatchObject(locked);
});

test('the lock of an earlier version is read: a living holder keeps it, a dead one loses it', async () => {
  const lock = join(temporaryFolder(), 'coordinator');
  writeFileSync(lock, JSON.stringify({ epoch: 'e', identity: processIdentity().split('.').slice(0, 3).join('.') }));
  await expect(takeCoordinatorLock(lock)).rejects.toMatchObject(locked);
  writeFileSync(lock, JSON.stringify({ epoch: 'e', identity: processIdentity().replace(/\.\d+\./, '.1.') }));
  expect(await hasCrashed(lock)).toBe(true);
  await forgetCoordinator(lock);
  expect(await hasCrashed(lock)).toBe(false);
  await using held = await takeCoordinatorLock(lock);
  held.verify();
});

test('what a killed process left of a first token is no token, and is cleared away', async () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'coordinator');
  mkdirSync(`${lock}.epochs-0123456789ab`);
  writeFileSync(join(`${lock}.epochs-0123456789ab`, '1~1.1.1.1'), '');
  mkdirSync(`${lock}.epochs`);
  await using held = await takeCoordinatorLock(lock);
  held.verify();
  expect(readdirSync(folder).filter((name) => name.includes('epochs-'))).toEqual([]);
});

test('a run whose folder is gone can not be taken, and its holder learns of it', async () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'run', 'coordinator');
  await expect(takeCoordinatorLock(lock)).rejects.toMatchObject({ code: 'run-not-found' });
  mkdirSync(join(folder, 'run'));
  await using held = await takeCoordinatorLock(lock);
  rmSync(join(folder, 'run'), { recursive: true });
  expect(() => held.verify()).toThrowError(expect.objectContaining(locked));
});
