// What 32 siblings pay for their input: instructions of 8 KB, seven turns each, a real repository with worktrees. Cost is
// in tokens at the plain price (a write to the prompt cache 1.25, a read 0.1), against the least possible for the same
// conversations: what all share is written once and read after that, and so is each part of a conversation.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedApiProcess } from '../tests/simulated-api/start-process.js';
import { fanfold, measure, printTable, spread, temporaryFolder } from './measure.js';

const siblings = 32;
const turns = 7;
const rounds = 3;
/** Until the answer to a first request begins, which is what agents wait for. */
const latencyMs = 600;
const instructionBytes = 8 * 1024;

export async function bench() {
  const rows = [];
  const { folder, remove } = temporaryFolder('cache');
  const api = await startSimulatedApiProcess([
    ...['--script', 'read-files', '--latency', String(latencyMs)],
    ...['--minimum-cache-tokens', '512'],
  ]);
  try {
    makeRepository(folder);
    for (const warmUp of ['auto', 'off']) {
      const runs = [];
      for (let round = 0; round < rounds; round += 1) runs.push(await run(folder, api, warmUp));
      const column = (name, digits = 0) =>
        spread(
          runs.map((one) => one[name]),
          digits,
        );
      rows.push([
        warmUp === 'auto' ? 'as it is' : 'warmUp: off',
        column('read'),
        column('written'),
        column('effective'),
        column('least'),
        column('ratio', 3),
        column('wallMs'),
      ]);
    }
    printTable(
      `Cache: ${siblings} siblings of ${turns} turns, AGENTS.md of ${instructionBytes / 1024} KB, ${rounds} rounds; median (min–max)`,
      ['', 'read', 'written', 'effective cost', 'least possible', 'ratio', 'wall ms'],
      rows,
    );
  } finally {
    await api.stop();
    remove();
  }
}

async function run(folder, api, warmUp) {
  const taskFile = join(folder, 'fanfold.yml');
  writeFileSync(taskFile, taskFileText(warmUp));
  rmSync(join(folder, '.fanfold'), { recursive: true, force: true });
  await api.reset();
  const { stdout, wallMs } = await measure([process.execPath, fanfold, 'run', taskFile, '--repo', folder, '--json'], {
    env: api.environment,
  });
  const { run: id } = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  const logs = [process.execPath, fanfold, 'logs', id, '--cache', '--json', '--repo', folder];
  const { models } = JSON.parse((await measure(logs)).stdout);
  const { read, written, uncached, effective, least } = models[0].layers.all;
  // The server's account must be ours.
  const stats = await api.stats();
  const theirs = [stats.requests, stats.cacheReadTokens, stats.cacheCreationTokens, stats.inputTokens];
  const ours = [siblings * turns, read, written, uncached];
  if (String(theirs) !== String(ours)) throw new Error(`the server counted ${theirs}, fanfold ${ours}`);
  return { read, written, effective, least, ratio: effective / least, wallMs };
}

function makeRepository(folder) {
  mkdirSync(join(folder, 'source'));
  for (let index = 0; index < siblings; index += 1) {
    writeFileSync(join(folder, 'source', `file-${index}.js`), `export const value${index} = ${index};\n`.repeat(40));
  }
  const rule = (number) =>
    `- Rule ${number}: name things by what they are, keep functions small, test what can break.\n`;
  const rules = Array.from({ length: instructionBytes / 64 }, (_, index) => rule(index + 1));
  writeFileSync(join(folder, 'AGENTS.md'), `# How we work here\n\n${rules.join('')}`.slice(0, instructionBytes));
  const git = (...args) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '--message', 'base');
}

function taskFileText(warmUp) {
  const subtasks = Array.from({ length: siblings }, (_, sibling) => {
    const files = Array.from(
      { length: turns - 1 },
      (_, turn) => `      file: source/file-${(sibling + turn) % siblings}.js`,
    );
    return `  - id: sibling-${sibling}\n    prompt: |\n      Read these files and say what they hold.\n${files.join('\n')}`;
  });
  return `version: 1
name: cache
goal: Know what the files hold
concurrency: ${siblings}
model: { warmUp: ${warmUp} }
defaults: { permissions: { mode: plan } }
subtasks:
${subtasks.join('\n')}
`;
}
