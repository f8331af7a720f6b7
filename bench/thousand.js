// A thousand agents at once, 2 s a turn, with and without the warm-up of the prompt cache (whoever waits for the first
// turn of another can't end sooner than one turn later). One run each: a run takes as long as many of the other benches.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { taskFileText, turns, writeSources } from './agents.js';
import { fanfold, measure, printTable, temporaryFolder } from './measure.js';

const latencyMs = 2_000;
const agents = 1_000;

export async function bench() {
  const { folder, remove } = temporaryFolder('thousand');
  const api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', String(latencyMs)]);
  try {
    writeSources(folder);
    const ideal = turns * latencyMs;
    const rows = [];
    for (const warmUp of ['auto', 'off']) {
      const taskFile = join(folder, `${warmUp}.yml`);
      writeFileSync(taskFile, `${taskFileText(agents)}model: { warmUp: ${warmUp} }\n`);
      rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
      await api.reset();
      const run = await measure([process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json'], {
        env: api.environment,
      });
      const stats = await api.stats();
      const inner = stats.lastAnswerAt - stats.firstRequestAt;
      const mebibytes = run.peakBytes / 2 ** 20;
      rows.push([
        warmUp,
        Math.round(run.wallMs),
        (run.wallMs / ideal).toFixed(2),
        (inner / ideal).toFixed(2),
        (run.cpuMs / stats.requests).toFixed(2),
        Math.round(mebibytes),
        ((mebibytes - 80) / agents).toFixed(2),
        `${stats.requests} of ${agents * turns}`,
      ]);
    }
    printTable(
      `${agents} agents: ${turns} turns of ${latencyMs} ms, ideal ${ideal} ms, one run each`,
      [
        'warm-up',
        'wall ms',
        'wall ÷ ideal',
        'first request to last answer ÷ ideal',
        'CPU ms/turn',
        'peak MiB',
        '(peak − 80 MiB) ÷ agents',
        'requests',
      ],
      rows,
    );
  } finally {
    await api.stop();
    remove();
  }
}
