// From the start of the process to its first model request, for `fanfold run` and for the bare SDK.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { fanfold, measure, printTable, spread, temporaryFolder } from './measure.js';

const rounds = 9;

export async function bench() {
  const { folder, remove } = temporaryFolder('start');
  const api = await startSimulatedApiProcess(['--script', 'echo']);
  try {
    mkdirSync(join(folder, 'source'));
    const taskFile = join(folder, 'fanfold.yml');
    writeFileSync(
      taskFile,
      'version: 1\nname: start\ndefaults: { workspace: none, permissions: { mode: plan } }\nsubtasks:\n  - { id: one, prompt: Say hello. }\n',
    );
    const sdk = fileURLToPath(new URL('start-sdk.js', import.meta.url));
    const commands = {
      'node alone': [process.execPath, '-e', '0'],
      'the SDK alone': [process.execPath, sdk],
      'fanfold run': [process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json'],
    };
    const rows = [];
    const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, command] of Object.entries(commands)) {
        rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
        await api.reset();
        const run = await measure(command, { env: api.environment });
        const { firstRequestAt } = await api.stats();
        if (round > 0) times[name].push(name === 'node alone' ? run.wallMs : firstRequestAt - run.startedAt);
      }
    }
    for (const [name, values] of Object.entries(times)) rows.push([name, spread(values)]);
    printTable(`Start: process start to first request, ${rounds} rounds; median (min–max)`, ['', 'ms'], rows);
  } finally {
    await api.stop();
    remove();
  }
}
