import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Assignment } from '../../../../ipc/index.ts';
import { bundleChild } from '../../ipc/bundle-child.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const child = { path: '', remove: async () => {} };
beforeAll(async () => {
  const entry = new URL('./children/prefix-child.ts', import.meta.url);
  Object.assign(child, await bundleChild(entry, [/^@vscode\/ripgrep/]));
}, 120_000);
afterAll(() => child.remove());

/** Siblings differ in all that a subtask may have of its own. */
function sibling(id: string): string {
  const assignment: Assignment = {
    run: 'run-1',
    attempt: id.length,
    repository: `/repositories/${id}`,
    runFolder: `/runs/${id}`,
    base: '0'.repeat(40),
    goal: 'Größer und kleiner, ıI',
    instructions: 'Use tabs.\r\nDates as 1999-01-02.',
    agents: { ids: ['zebra', 'ärger', 'apple'], total: 40 },
    subtask: {
      id,
      title: `Title of ${id}`,
      needs: [],
      executor: { kind: 'prompt', prompt: `Work on ${id}` },
      writes: [`src/${id}/**`],
      environment: { FANFOLD_ITEM_NAME: id },
      workspace: 'worktree',
      retries: 0,
      timeoutMs: 1_000 * id.length,
      permissions: { mode: id === 'one' ? 'plan' : 'acceptEdits', allow: [`Bash(echo ${id})`], ask: [], deny: [] },
      model: {},
      checks: [{ name: id, run: 'npm test', gate: true, timeoutMs: 1000, on: ['workspace'] }],
      messages: true,
    },
  };
  return JSON.stringify(assignment);
}

interface Told {
  system: string;
  run: string;
  platform: string;
}

function tellProcess(id: string, environment: Record<string, string>, options: string[] = [], folder = tmpdir()): Told {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const told = execFileSync(process.execPath, [...options, child.path, sibling(id)], { env, cwd: folder });
  return JSON.parse(told.toString());
}

async function tellThread(id: string): Promise<Told> {
  const worker = new Worker(child.path, { workerData: sibling(id) });
  return new Promise((resolve, reject) => {
    worker.once('message', (told: string) => resolve(JSON.parse(told)));
    worker.once('error', reject);
  });
}

test('what siblings share is the same to the byte in every thread, process, place, language and time zone', async () => {
  const { system, run } = await tellThread('one');
  const others = [
    await tellThread('sibling-of-one'),
    tellProcess('one', {}),
    tellProcess('sibling-of-one', { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu' }),
    tellProcess('one', { LANG: 'C', TZ: 'America/St_Johns', HOME: '/nonexistent', USER: 'somebody' }, [], '/'),
  ];
  for (const other of others) expect(other).toMatchObject({ system, run });
  expect(system).toContain('"name":"Read"');
  expect(run).toContain('Dates as 1999-01-02.');
});

/** Node.js options that make a process believe it is on another machine. */
async function pretend(): Promise<string[]> {
  const path = join(await temporaryFolder(), 'pretend.mjs');
  writeFileSync(
    path,
    `import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';
const set = (object, values) => {
  for (const [name, value] of Object.entries(values)) Object.defineProperty(object, name, { value });
};
set(process, { platform: 'darwin', arch: 'arm64' });
set(os, { EOL: '\\r\\n', platform: () => 'darwin', homedir: () => '/Users/unusual', hostname: () => 'unusual-host' });
syncBuiltinESMExports();
`,
  );
  return ['--import', path];
}

test('so it is on another platform', async () => {
  const here = tellProcess('one', {});
  const there = tellProcess('one', {}, await pretend());
  expect(there.platform).toBe('darwin');
  expect(there).toMatchObject({ system: here.system, run: here.run });
});

test('no path, date, id or name of the machine is in it', async () => {
  const folder = join(await temporaryFolder(), 'unusual-folder');
  mkdirSync(folder);
  const environment = { HOME: '/homes/unusual', USER: 'unusual', TMPDIR: folder };
  const { system, run } = tellProcess('sibling', environment, await pretend(), folder);
  const today = new Date().toISOString().slice(0, 10);
  for (const own of ['unusual', 'sibling', '/runs/', 'run-1', '0'.repeat(40), today]) {
    expect(`${system}\n${run}`).not.toContain(own);
  }
});
