// Agents of seven turns (six file reads, then the answer) against the simulated API in a process of its own.
// Makespan is that of the whole `fanfold run`: start, plan, mailbox, journal, worker threads, agents, reports, exit.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { fanfold, measure, printTable, spread, temporaryFolder } from './measure.js';

const latencyMs = 200;
export const turns = 7;
const rounds = 3;

export async function bench() {
  const rows = [];
  const { folder, remove } = temporaryFolder('agents');
  const api = await startSimulatedApiProcess(['--script', 'read-files', '--latency', String(latencyMs)]);
  try {
    writeSources(folder);
    const ideal = turns * latencyMs;
    for (const agents of [1, 8, 32, 100]) {
      const taskFile = join(folder, `agents-${agents}.yml`);
      writeFileSync(taskFile, taskFileText(agents));
      const runs = [];
      const inner = [];
      for (let round = 0; round <= rounds; round += 1) {
        rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
        await api.reset();
        const run = await measure([process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json'], {
          env: api.environment,
        });
        const stats = await api.stats();
        if (stats.requests !== agents * turns) throw new Error(`${stats.requests} requests for ${agents} agents`);
        if (round === 0) continue; // warm-up
        runs.push(run);
        inner.push(stats.lastAnswerAt - stats.firstRequestAt);
      }
      rows.push([
        agents,
        spread(runs.map(({ wallMs }) => wallMs)),
        spread(
          runs.map(({ wallMs }) => wallMs / ideal),
          2,
        ),
        spread(
          inner.map((ms) => ms / ideal),
          2,
        ),
        spread(
          runs.map(({ cpuMs }) => cpuMs / agents),
          1,
        ),
        spread(runs.map(({ peakBytes }) => peakBytes / 2 ** 20)),
        spread(
          runs.map(({ peakBytes }) => peakBytes / 2 ** 20 / agents),
          1,
        ),
      ]);
    }
    printTable(
      `Agents: ${turns} turns of ${latencyMs} ms, ideal ${ideal} ms, ${rounds} rounds; median (min–max)`,
      [
        'agents',
        'wall ms',
        'wall ÷ ideal',
        'first request to last answer ÷ ideal',
        'CPU ms/agent',
        'peak MiB',
        'MiB/agent',
      ],
      rows,
    );
  } finally {
    await api.stop();
    remove();
  }
}

/** What the agents read. */
export function writeSources(folder) {
  mkdirSync(join(folder, 'source'));
  for (let index = 0; index < 12; index += 1) {
    writeFileSync(join(folder, 'source', `file-${index}.js`), `export const value${index} = ${index};\n`.repeat(40));
  }
}

export function taskFileText(agents) {
  const subtasks = Array.from({ length: agents }, (_, agent) => {
    const files = Array.from({ length: turns - 1 }, (_, turn) => `      file: source/file-${(agent + turn) % 12}.js`);
    return `  - id: agent-${agent}\n    prompt: |\n      Read these files and say what they hold.\n${files.join('\n')}`;
  });
  return `version: 1
name: agents
concurrency: ${agents}
defaults: { workspace: none, permissions: { mode: plan } }
subtasks:
${subtasks.join('\n')}
`;
}
