// What a budget costs and whether it holds: reservations in the ledger that threads share, without and with contention,
// and what 100 agents on two threads spend of a limit that is too small for them, through the built command line.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { rolldown } from 'rolldown';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { fanfold, measure, printTable, project, spread, temporaryFolder } from './measure.js';

const rounds = 3;
const takes = 200_000;
const agents = 100;
const limits = [400_000, 1_600_000];

export async function bench() {
  const { folder, remove } = temporaryFolder('budget');
  try {
    await ledger(folder);
    await overshoot(folder);
  } finally {
    remove();
  }
}

async function ledger(folder) {
  const module = await bundleLedger(folder);
  const { createLedgerMemory } = await import(module);
  const rows = [];
  for (const [name, threads, room] of [
    ['one thread, room for all', 1, 1_000],
    ['two threads, room for all', 2, 1_000],
    ['two threads of 8 agents, room for 4', 2, 4],
  ]) {
    const perSecond = [];
    for (let round = 0; round < rounds; round += 1) {
      const limit = { tokens: Number.MAX_SAFE_INTEGER, money: Number.MAX_SAFE_INTEGER };
      const agentsOfThread = room === 4 ? 8 : 1;
      const count = room === 4 ? takes / 20 : takes;
      // A limit is what may be under way at once, since nothing is spent.
      const memory = createLedgerMemory(room === 4 ? { ...limit, tokens: 4 * 1_000 } : limit, threads);
      perSecond.push(await race({ module, memory, threads, agents: agentsOfThread, count }));
    }
    rows.push([
      name,
      spread(perSecond),
      spread(
        perSecond.map((each) => 1e6 / each),
        2,
      ),
    ]);
  }
  printTable(
    `Budget: setting aside and settling, ${rounds} rounds; median (min–max)`,
    ['', 'a second, all threads', 'µs each'],
    rows,
  );
}

/** Reservations a second of all threads together. */
async function race({ module, memory, threads, agents: agentsOfThread, count }) {
  const workers = Array.from(
    { length: threads },
    (_, index) =>
      new Worker(new URL('./budget/thread.js', import.meta.url), {
        workerData: { module, memory, name: `thread-${index}`, agents: agentsOfThread, count },
      }),
  );
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const startedAt = performance.now();
  for (const worker of workers) worker.postMessage('go');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return (threads * count) / seconds;
}

async function overshoot(folder) {
  const api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', '50']);
  const rows = [];
  try {
    mkdirSync(join(folder, 'src'));
    for (let file = 1; file <= 6; file += 1) writeFileSync(join(folder, `src/file-${file}.txt`), 'word '.repeat(500));
    for (const limit of limits) {
      const runs = [];
      for (let round = 0; round < rounds; round += 1) runs.push(await run(folder, api, limit));
      rows.push([
        limit.toLocaleString('en'),
        spread(runs.map(({ spent }) => spent)),
        spread(
          runs.map(({ spent }) => Math.max(0, spent - limit) / limit),
          3,
        ),
        spread(runs.map(({ landed }) => landed)),
        spread(runs.map(({ wallMs }) => wallMs)),
      ]);
    }
  } finally {
    await api.stop();
  }
  printTable(
    `Budget: ${agents} agents of 7 turns on 2 threads, a limit in tokens, ${rounds} rounds; median (min–max)`,
    ['limit', 'spent', 'overshoot ÷ limit', 'agents done', 'wall ms'],
    rows,
  );
}

async function run(folder, api, limit) {
  const taskFile = join(folder, 'fanfold.yml');
  writeFileSync(taskFile, taskFileText(limit));
  rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
  await api.reset();
  const command = [process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json', '--threads', '2'];
  const { stdout, wallMs } = await measure(command, { env: api.environment, exitCode: 5 });
  const { usage, subtasks } = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  const stats = await api.stats();
  const served = stats.inputTokens + stats.cacheReadTokens + stats.cacheCreationTokens + stats.outputTokens;
  const counted = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;
  // The server's account must be ours.
  if (served !== counted) throw new Error(`the server counted ${served} tokens, the run ${counted}`);
  return { spent: served, landed: subtasks.landed, wallMs };
}

function taskFileText(tokens) {
  const files = Array.from({ length: 6 }, (_, index) => `file: src/file-${index + 1}.txt`).join('\\n');
  const lines = Array.from(
    { length: agents },
    (_, index) => `  - { id: a${index}, prompt: "Read, a${index}.\\n${files}" }`,
  );
  return `version: 1
name: budget
concurrency: ${agents}
budget: { tokens: ${tokens} }
model: { maxTokens: 2000 }
defaults: { workspace: none }
subtasks:
${lines.join('\n')}
`;
}

async function bundleLedger(folder) {
  const bundle = await rolldown({
    input: { ledger: join(project, 'ipc/budget/ledger.ts') },
    platform: 'node',
    external: [/^node:/],
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return join(folder, 'ledger.mjs');
}
