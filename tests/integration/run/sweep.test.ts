import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clean } from '../../../coordinator/housekeeping/clean.ts';
import { coordinatorOf, hasCrashed, takeCoordinatorLock } from '../../../coordinator/run/coordinator-lock.ts';
import { sweepDeadRuns, sweepRun } from '../../../coordinator/run/sweep.ts';
import {
  discardFolder,
  ensureStateFolder,
  openRepository,
  processIdentity,
  runFolder,
  stateFolder,
  writeWorkspaceRecord,
} from '../../../ipc/index.ts';
import { deadIdentity, endOf, identityOf, startSleeper } from '../../support/other-processes.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

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
const dead = JSON.stringify({ epoch: 'e', identity: deadIdentity() });

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

const linux = process.platform === 'linux';

test.runIf(linux)('commands of dead workers are ended, those of living ones and of other runs are not', async () => {
  const { state } = await setUp({ x: dead });
  const worker = startSleeper();
  const command = (run: string, runner?: string) =>
    startSleeper({ FANFOLD_RUN: run, ...(runner === undefined ? {} : { FANFOLD_RUNNER: runner }) });
  const forsaken = [
    command('x', `x=${deadIdentity()}`),
    command('x'),
    // A run that a command of `x` is.
    command('x y', `x=${deadIdentity()} y=${identityOf(worker.pid)}`),
  ];
  const living = [
    command('x', `x=${identityOf(worker.pid)}`),
    command('y', `y=${deadIdentity()}`),
    command('y x', `y=${deadIdentity()} x=${identityOf(worker.pid)}`),
  ];
  await sweepDeadRuns(state, undefined);
  await Promise.all(forsaken.map(endOf));
  expect(forsaken.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  expect(living.map(({ signalCode, exitCode }) => signalCode ?? exitCode)).toEqual([null, null, null]);
  expect(await hasCrashed(runFolder(state, 'x').lock)).toBe(false);
});

test.runIf(linux)('while a worker goes on for a dead run, nothing of the run is taken from it', async () => {
  const { state, workspace } = await setUp({ x: dead });
  const worker = startSleeper();
  const record = (name: string, owner: string) =>
    writeWorkspaceRecord(state, { name, run: 'x', worker: 'outside-abc123-1', owner, kind: 'copy' });
  const theirs = workspace('x-copy-0a1b2c3d4e5f');
  await record('x-copy-0a1b2c3d4e5f', identityOf(worker.pid));
  const lost = workspace('x-copy-aaaaaaaaaaaa');
  await record('x-copy-aaaaaaaaaaaa', deadIdentity());
  await sweepDeadRuns(state, undefined);
  expect([theirs, lost].map((path) => existsSync(path))).toEqual([true, true]);
  await sweepRun('x', state, undefined);
  expect([theirs, lost].map((path) => existsSync(path))).toEqual([true, false]);
  worker.kill('SIGKILL');
  await endOf(worker);
  await sweepDeadRuns(state, undefined);
  expect(readdirSync(state.workspaces)).toEqual([]);
});

test('what an agent had in its worktree is kept for it before the worktree goes', async () => {
  const repository = temporaryRepository({ 'a.txt': 'a\n' });
  const opened = await openRepository(repository.folder);
  const state = stateFolder(repository.folder);
  await ensureStateFolder(state);
  const run = runFolder(state, 'x');
  const attempt = join(run.root, 'subtasks', 'one', '1');
  mkdirSync(attempt, { recursive: true });
  writeFileSync(run.lock, dead);
  writeFileSync(join(attempt, 'transcript.jsonl'), '');
  writeFileSync(join(attempt, 'note.tmp'), '');
  const name = 'x-session-2-worker-1-0a1b2c3d';
  const root = join(state.workspaces, name);
  repository.git('worktree', 'add', '--quiet', '--detach', root);
  // Where Fanfold keeps the index of the checkout.
  const gitFolder = join(repository.folder, '.git', 'worktrees', name);
  copyFileSync(join(gitFolder, 'index'), join(gitFolder, 'fanfold-index'));
  // A worktree of which only git still knows.
  const forgotten = 'x-worker-1-aaaaaaaa';
  repository.git('worktree', 'add', '--quiet', '--detach', join(state.workspaces, forgotten));
  await discardFolder(join(state.workspaces, forgotten), state.trash);
  // One of another checkout, and one of the user's own.
  const others = join(temporaryFolder(), 'x-worker-1-bbbbbbbb');
  repository.git('worktree', 'add', '--quiet', '--detach', others);
  const base = repository.git('rev-parse', 'HEAD');
  await writeWorkspaceRecord(state, {
    name,
    run: 'x',
    worker: 'session-2-worker-1',
    owner: deadIdentity(),
    kind: 'worktree',
    base,
    attempt,
  });
  writeFileSync(join(root, 'a.txt'), 'half done\n');
  await sweepDeadRuns(state, opened);
  const { commit } = JSON.parse(readFileSync(join(attempt, 'salvage.json'), 'utf8'));
  expect(repository.read(commit, 'a.txt')).toBe('half done\n');
  expect(readdirSync(state.workspaces)).toEqual([]);
  expect(readdirSync(join(repository.folder, '.git', 'worktrees'))).toEqual(['x-worker-1-bbbbbbbb']);
  expect(readdirSync(attempt).sort()).toEqual(['salvage.json', 'transcript.jsonl']);
  expect(existsSync(others)).toBe(true);
});

test('a run that a coordinator has is not swept', async () => {
  const { state, workspace } = await setUp({ x: '' });
  const path = workspace('x-worker-1-0a1b2c3d');
  await using held = await takeCoordinatorLock(runFolder(state, 'x').lock);
  await sweepDeadRuns(state, undefined);
  held.verify();
  expect(await coordinatorOf(runFolder(state, 'x').lock)).toBe(process.pid);
  expect(existsSync(path)).toBe(true);
});

test('of a worker in another container nothing is known, but a coordinator there has lost its run with its lock', async () => {
  const elsewhere = processIdentity().replace(/^(\d+\.\d+)\.\d+/, '$1.1');
  const { state, workspace } = await setUp({ x: dead, y: dead });
  const record = (run: string, worker: string) => {
    const name = `${run}-${worker}-0a1b2c3d`;
    workspace(name);
    return writeWorkspaceRecord(state, { name, run, worker, owner: elsewhere, kind: 'worktree' });
  };
  await record('x', 'session-2-worker-1');
  await record('y', 'worker-1');
  await record('y', 'outside-abc123-1');
  await sweepDeadRuns(state, undefined);
  expect(readdirSync(state.workspaces).filter((name) => !name.endsWith('.json'))).toEqual([
    'y-outside-abc123-1-0a1b2c3d',
    'y-worker-1-0a1b2c3d',
  ]);
  const opened = { state, repository: undefined, runs: ['y'] };
  expect((await clean(opened)).items).toMatchObject([{ kind: 'run', outcome: 'kept', forceable: true }]);
  await clean({ ...opened, force: true });
  expect(readdirSync(state.workspaces)).toEqual([]);
});
