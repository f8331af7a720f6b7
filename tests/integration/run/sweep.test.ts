import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sweepDeadRuns, sweepRun } from '../../../coordinator/run/sweep.ts';
import { discardFolder, ensureStateFolder, processIdentity, runFolder, stateFolder } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

async function setUp(runs: Record<string, string>) {
  const state = stateFolder(temporaryFolder());
  await ensureStateFolder(state);
  for (const [run, lock] of Object.entries(runs)) {
    const folder = runFolder(state, run);
    mkdirSync(folder.root, { recursive: true });
    writeFileSync(folder.lock, lock);
  }
  const workspace = (name: string): string => {
    mkdirSync(join(state.workspaces, name), { recursive: true });
    return join(state.workspaces, name);
  };
  return { state, workspace };
}

const living = JSON.stringify({ epoch: 'e', identity: processIdentity() });
// No process has this start time.
const dead = JSON.stringify({ epoch: 'e', identity: processIdentity().replace(/\.\d+\./, '.1.') });

test('workspaces of dead and ended runs go, those of living ones stay, whatever their names begin with', async () => {
  const { state, workspace } = await setUp({ x: dead, 'x-worker-1': living, done: '' });
  workspace('x-worker-1-0a1b2c3d');
  workspace('x-copy-0a1b2c3d4e5f');
  workspace('done-worker-2-1-0a1b2c3d');
  const kept = ['x-worker-1-worker-1-0a1b2c3d', 'x-worker-1-copy-0a1b2c3d4e5f'].map(workspace);
  const foreign = workspace('not-ours');
  await sweepDeadRuns(state, undefined);
  expect(readdirSync(state.workspaces).sort()).toEqual(
    [...kept, foreign].map((path) => path.slice(state.workspaces.length + 1)).sort(),
  );
  expect(readdirSync(state.trash)).toEqual([]);
});

test('a run sweeps its own only', async () => {
  const { state, workspace } = await setUp({ x: living });
  workspace('x-worker-1-0a1b2c3d');
  const other = workspace('x-x-worker-1-0a1b2c3d');
  expect(await sweepRun('x', state, undefined)).toBe(1);
  expect(existsSync(other)).toBe(true);
});

test('folders that an attempt left read-only are deleted, links are not followed, what is gone is no error', async () => {
  const { state, workspace } = await setUp({});
  const path = workspace('x-worker-1-0a1b2c3d');
  mkdirSync(join(path, 'cache', 'deep'), { recursive: true });
  writeFileSync(join(path, 'cache', 'deep', 'file'), 'x');
  chmodSync(join(path, 'cache', 'deep'), 0o500);
  chmodSync(join(path, 'cache'), 0o500);
  await discardFolder(path, state.trash);
  await discardFolder(path, state.trash);
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(state.trash)).toEqual([]);
});
