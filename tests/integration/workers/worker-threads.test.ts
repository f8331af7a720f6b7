import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { ThreadLoss } from '../../../coordinator/workers/give-back.ts';
import { startThreadPool } from '../../../coordinator/workers/thread-pool.ts';
import { startWorkerThreads } from '../../../coordinator/workers/worker-threads.ts';
import type { FanfoldError, ProgressInput } from '../../../tasks/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

/** Threads that run `body` with `input`; `body` is JavaScript. */
function start(body: string, leaseMs = 30_000) {
  const entry = join(temporaryFolder(), 'worker.mjs');
  writeFileSync(
    entry,
    `import { existsSync, writeFileSync } from 'node:fs';\nexport default async function (input) {\n${body}\n}\n`,
  );
  const progress: ProgressInput[] = [];
  const lost: string[] = [];
  const losses: ThreadLoss[] = [];
  const hopeless: FanfoldError[] = [];
  const threads = startWorkerThreads({
    pool: startThreadPool(pathToFileURL(entry), 1),
    threads: 1,
    concurrency: 3,
    name: 'worker',
    input: {
      run: 'r',
      mailbox: '/none',
      folder: '/none',
      repository: undefined,
      executors: [],
      runFolder: join(entry, '..'),
      planned: { subtasks: new Map(), checks: new Map(), agents: [], helperDepth: 0 },
      leaseMs,
    },
    onProgress: (event) => progress.push(event),
    onLost(worker, loss) {
      lost.push(worker);
      losses.push(loss);
    },
    onHopeless: (error) => hopeless.push(error),
  });
  return { threads, progress, lost, losses, hopeless };
}

const untilDrained = `
  await new Promise((resolve) => input.port.on('message', (message) => {
    if (message.type === 'drain') input.port.postMessage({ type: 'drained' });
    if (message.type === 'stop') { input.port.close(); resolve(); }
  }));`;

test('a thread gets its slots, reports progress, drains and stops', async () => {
  const { threads, progress } = start(`
  const event = { type: 'subtask-progress', subtask: 's', attempt: 1, worker: input.worker, activity: String(input.slots) };
  input.port.postMessage({ type: 'progress', events: [event] });${untilDrained}`);
  await threads.drain();
  await threads.stop(1_000);
  expect(progress).toEqual([{ type: 'subtask-progress', subtask: 's', attempt: 1, worker: 'worker-1', activity: '3' }]);
});

test('a thread that dies is replaced and its loss is told', async () => {
  const { threads, lost, hopeless, progress } = start(`
  const marker = input.runFolder + '/died';
  if (!existsSync(marker)) { writeFileSync(marker, ''); process.exit(7); }
  const event = { type: 'subtask-progress', subtask: 's', attempt: 1, worker: input.worker, activity: 'alive' };
  input.port.postMessage({ type: 'progress', events: [event] });${untilDrained}`);
  const deadline = Date.now() + 10_000;
  while (progress.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(lost).toEqual(['worker-1']);
  expect(progress[0]).toMatchObject({ worker: 'worker-1-1', activity: 'alive' });
  expect(hopeless).toEqual([]);
  await threads.drain();
  await threads.stop(1_000);
});

test('threads that die again and again end the run instead of looping', async () => {
  const { threads, lost, hopeless } = start('process.exit(7);');
  const deadline = Date.now() + 30_000;
  while (hopeless.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(hopeless[0]).toMatchObject({ code: 'worker-lost' });
  expect(lost).toHaveLength(11);
  await threads.stop(1_000);
});

test('a thread that does not listen is ended by force', async () => {
  const { threads } = start('await new Promise((resolve) => setInterval(() => {}, 1000));');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const begun = Date.now();
  await threads.stop(200);
  expect(Date.now() - begun).toBeLessThan(5_000);
});

const answering = `
  input.port.on('message', (message) => {
    if (message.type === 'ping') input.port.postMessage({ type: 'alive' });
  });`;

test('a thread whose event loop is blocked is ended, told as silent, and replaced', async () => {
  const { threads, losses, lost, progress } = start(
    `${answering}
  const marker = input.runFolder + '/blocked';
  if (!existsSync(marker)) {
    writeFileSync(marker, '');
    setTimeout(() => { for (;;); }, 1500);
  } else {
    const event = { type: 'subtask-progress', subtask: 's', attempt: 1, worker: input.worker, activity: 'alive' };
    input.port.postMessage({ type: 'progress', events: [event] });
  }${untilDrained}`,
    6_000,
  );
  await expect.poll(() => progress.length, { timeout: 40_000 }).toBe(1);
  expect(lost).toEqual(['worker-1']);
  expect(losses).toEqual([{ silent: true, reason: 'it gave no sign of life for 5 s' }]);
  expect(progress[0]).toMatchObject({ worker: 'worker-1-1' });
  await threads.stop(5_000);
});

test('a run that ends does not wait for a thread whose event loop is blocked', async () => {
  const { threads, losses } = start('for (;;);');
  await new Promise((resolve) => setTimeout(resolve, 500));
  const begun = Date.now();
  await threads.stop(300);
  expect(Date.now() - begun).toBeLessThan(10_000);
  expect(losses).toEqual([]);
});
