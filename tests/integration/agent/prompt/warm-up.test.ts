import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { processIdentity, promptCacheFolder } from '../../../../ipc/index.ts';
import { createWarmUp, type WarmUp, type WarmUpEntry } from '../../../../worker/agent/prompt/warm-up.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const prefix = '0123456789abcdef';
const never = new AbortController().signal;

interface Waiting {
  entered: WarmUpEntry[];
  all: Promise<WarmUpEntry[]>;
}

/** Agents that want to send; `entered` are those that may. */
function enterAll(places: readonly WarmUp[], folder: string, signal = never, name = prefix): Waiting {
  const entered: WarmUpEntry[] = [];
  const all = places.map(async (warmUp) => {
    const entry = await warmUp.enter(folder, name, signal);
    entered.push(entry);
    return entry;
  });
  return { entered, all: Promise.all(all) };
}

/** Two threads know of each other by files alone. */
function twoThreads(longestMs = 60_000): WarmUp[] {
  const [one, other] = [createWarmUp({ longestMs }), createWarmUp({ longestMs })];
  return [one, one, other, one, other, other];
}

/** Longer than those who wait take to look again. */
const aWhile = () => sleep(100);

async function firstOf({ entered }: Waiting): Promise<WarmUpEntry> {
  await aWhile();
  expect(entered).toHaveLength(1);
  const [first] = entered;
  if (first === undefined) throw new Error('nobody is first');
  expect(first.heldMs).toBe(0);
  return first;
}

test('one goes first, and the others of its thread and of others once its answer has begun', async () => {
  const folder = await temporaryFolder();
  const agents = enterAll(twoThreads(), folder);
  const first = await firstOf(agents);
  first.begun();
  const entries = await agents.all;
  expect(entries.filter(({ heldMs }) => heldMs >= 90)).toHaveLength(5);
  first.ended('need-not-wait');
  expect(readdirSync(promptCacheFolder(folder).root)).toEqual([`warm-${prefix}`]);
  const late = await createWarmUp().enter(folder, prefix, never);
  expect(late.heldMs).toBeLessThan(5_000);
});

test('another prefix has a first of its own', async () => {
  const folder = await temporaryFolder();
  const warmUp = createWarmUp();
  const agents = enterAll([warmUp, warmUp], folder);
  const others = enterAll([warmUp, warmUp], folder, never, 'fedcba9876543210');
  const [first, other] = [await firstOf(agents), await firstOf(others)];
  other.begun();
  await others.all;
  expect(agents.entered).toHaveLength(1);
  first.begun();
  await agents.all;
});

test('where the first is cancelled, exactly one takes its place', async () => {
  const folder = await temporaryFolder();
  const agents = enterAll(twoThreads(), folder);
  (await firstOf(agents)).ended('may-try');
  await aWhile();
  expect(agents.entered).toHaveLength(2);
  agents.entered[1]?.begun();
  await agents.all;
});

test('where the first fails, nobody waits any more', async () => {
  const folder = await temporaryFolder();
  const agents = enterAll(twoThreads(), folder);
  (await firstOf(agents)).ended('need-not-wait');
  await agents.all;
  expect((await createWarmUp().enter(folder, prefix, never)).heldMs).toBeLessThan(5_000);
});

test('where the process of the first is gone, another takes its place at once', async () => {
  const folder = await temporaryFolder();
  const { root, warming } = promptCacheFolder(folder);
  mkdirSync(root);
  // No process has this id.
  writeFileSync(warming(prefix), processIdentity().replace(/^\d+\.\d+/, '4194304.1'));
  const agents = enterAll(twoThreads(), folder);
  (await firstOf(agents)).begun();
  await agents.all;
});

test('nobody waits longer than the limit for one who says nothing', async () => {
  const folder = await temporaryFolder();
  const agents = enterAll(twoThreads(300), folder);
  await agents.all;
  const held = agents.entered.filter(({ heldMs }) => heldMs > 0);
  expect(held).toHaveLength(5);
  for (const { heldMs } of held) expect(heldMs).toBeGreaterThan(250);
  // Nor does anybody who comes later.
  const late = await createWarmUp({ longestMs: 300 }).enter(folder, prefix, never);
  expect(late.heldMs).toBeLessThan(250);
});

test('who is cancelled while it waits does so no more, and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const warmUp = createWarmUp({ longestMs: 60_000 });
  const first = await warmUp.enter(folder, prefix, never);
  const abort = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const agents = enterAll([warmUp, warmUp], folder, abort.signal);
  await aWhile();
  expect(agents.entered).toHaveLength(0);
  abort.abort();
  await agents.all;
  expect(timers()).toBeLessThanOrEqual(before);
  first.ended('may-try');
});

test('what was not in use for long is written by one again', async () => {
  const folder = await temporaryFolder();
  (await createWarmUp().enter(folder, prefix, never)).begun();
  const longAgo = Date.now() / 1000 - 241;
  utimesSync(promptCacheFolder(folder).warm(prefix), longAgo, longAgo);
  const agents = enterAll(twoThreads(), folder);
  (await firstOf(agents)).begun();
  await agents.all;
});

test('where a file stands in the place of the folder nobody waits', async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, 'prompt-cache'), '');
  const agents = await enterAll(twoThreads(), folder).all;
  for (const agent of agents) {
    agent.begun();
    agent.ended('need-not-wait');
  }
});
