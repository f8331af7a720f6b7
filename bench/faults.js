// 200 agents of seven turns at a server that answers every fifth request with 429, every twentieth with 529 and cuts
// every twentieth stream; and the same at one with a rate limit. Makespan is that of the whole `fanfold run`.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { taskFileText, turns, writeSources } from './agents.js';
import { fanfold, measure, printTable, temporaryFolder } from './measure.js';

const agents = 200;
const latencyMs = 200;
/** Of each request, whatever came before: 20 % are refused, 5 % of all meet an overload, 5 % are cut. */
const faults = [
  { kind: 'rate-limit', retryAfterSeconds: 1, probability: 0.2 },
  { kind: 'overloaded', probability: 0.05 / 0.8 },
  { kind: 'drop', probability: 0.05 / 0.75 },
];
const rateLimits = { requests: 600, windowMs: 15_000 };
/** What the limit leaves room for: the whole of it at once, then as it comes back. */
const limitedMs = ((agents * turns - rateLimits.requests) * rateLimits.windowMs) / rateLimits.requests;

export async function bench() {
  const { folder, remove } = temporaryFolder('faults');
  try {
    writeSources(folder);
    const taskFile = join(folder, 'faults.yml');
    writeFileSync(taskFile, taskFileText(agents));
    const run = (args) => runOnce(folder, taskFile, args);
    await run([]); // warm-up
    const plain = await run([]);
    const faulty = await run(['--faults', JSON.stringify(faults)]);
    const limited = await run(['--rate-limits', JSON.stringify(rateLimits)]);
    const row = (name, { wallMs, stats, landed, readsPerAgent }, least) => [
      name,
      `${landed} of ${agents}`,
      readsPerAgent,
      wallMs.toFixed(0),
      (wallMs / least).toFixed(2),
      stats.requests,
      stats.requests - stats.answered,
    ];
    printTable(
      `Faults: ${agents} agents, ${turns} turns of ${latencyMs} ms; "÷" by the makespan without faults, or by what the limit allows`,
      ['', 'landed', 'calls each', 'wall ms', '÷', 'requests', 'failed'],
      [
        row('no faults', plain, plain.wallMs),
        row('20% 429, 5% 529, 5% cut', faulty, plain.wallMs),
        row(`${rateLimits.requests} requests in ${rateLimits.windowMs / 1000} s`, limited, limitedMs),
      ],
    );
  } finally {
    remove();
  }
}

async function runOnce(folder, taskFile, args) {
  rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
  const api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', String(latencyMs), ...args]);
  try {
    const command = [process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json'];
    const { wallMs, stdout } = await measure(command, { env: api.environment });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const calls = events.filter(({ type }) => type === 'tool-start').length;
    const { landed } = events.at(-1).subtasks;
    return { wallMs, stats: await api.stats(), landed, readsPerAgent: (calls / agents).toFixed(2) };
  } finally {
    await api.stop();
  }
}
