// What the agent loop costs without a coordinator: agents by `createAgent` in one process and one thread, seven turns of
// 200 ms, each with its transcript on disk, against the simulated API in a process of its own.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { turns, writeSources } from './agents.js';
import { measure, printTable, spread, temporaryFolder } from './measure.js';

const latencyMs = 200;
const rounds = 3;
const program = fileURLToPath(new URL('loop-program.js', import.meta.url));

export async function bench() {
  const { folder, remove } = temporaryFolder('loop');
  const api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', String(latencyMs)]);
  const rows = [];
  try {
    writeSources(folder);
    for (const agents of [1, 8, 100]) {
      const runs = [];
      for (let round = 0; round <= rounds; round += 1) {
        const transcripts = join(folder, 'transcripts');
        rmSync(transcripts, { recursive: true, force: true });
        mkdirSync(transcripts);
        await api.reset();
        const run = await measure([process.execPath, program, String(agents), folder, transcripts], {
          env: api.environment,
        });
        const { requests } = await api.stats();
        if (requests !== agents * turns) throw new Error(`${requests} requests for ${agents} agents`);
        if (round > 0) runs.push({ ...run, ...JSON.parse(run.stdout) });
      }
      rows.push([
        agents,
        spread(runs.map(({ startCpuMs }) => startCpuMs)),
        spread(
          runs.map(({ loopCpuMs }) => loopCpuMs / agents / turns),
          2,
        ),
        spread(
          runs.map(({ loopWallMs }) => loopWallMs / turns / latencyMs),
          2,
        ),
        spread(runs.map(({ peakBytes }) => peakBytes / 2 ** 20)),
        spread(
          runs.map(({ peakBytes, startBytes }) => (peakBytes - startBytes) / 2 ** 20 / agents),
          2,
        ),
      ]);
    }
  } finally {
    await api.stop();
    remove();
  }
  printTable(
    `The loop alone: ${turns} turns of ${latencyMs} ms, one thread, ${rounds} rounds; median (min–max)`,
    ['agents', 'start CPU ms', 'CPU ms/turn', 'wall ÷ ideal', 'peak MiB', 'MiB/agent'],
    rows,
  );
}
