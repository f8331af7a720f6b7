import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CleanOptions, clean } from '../../../coordinator/housekeeping/clean.ts';
import { takeCoordinatorLock } from '../../../coordinator/run/coordinator-lock.ts';
import {
  ensureStateFolder,
  openJournal,
  openRepository,
  runFolder,
  stateFolder,
  writeWorkspaceRecord,
} from '../../../ipc/index.ts';
import { type FanfoldEvent, noUsage, type SubtaskStatus } from '../../../tasks/index.ts';
import { deadIdentity, identityOf, startSleeper } from '../../support/other-processes.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';
import { samplePlan, sampleSubtask } from '../../unit/coordinator/reporting/sample-plan.ts';

const hourMs = 3_600_000;

interface RunScript {
  subtasks: Record<string, SubtaskStatus | undefined>;
  /** Absent: the run did not end. */
  endedHoursAgo?: number;
}

async function setUp() {
  const repository = temporaryRepository({ 'a.txt': 'a\n' });
  const state = stateFolder(repository.folder);
  await ensureStateFolder(state);
  const opened = await openRepository(repository.folder);
  /** Without the folders of dead processes, which other tests may leave at any time. */
  const cleanUp = async (options: Omit<CleanOptions, 'state' | 'repository'> = {}) => {
    const report = await clean({ state, repository: opened, ...options });
    const items = report.items.filter(({ name }) => !name.includes('fanfold-*'));
    const bytes = report.bytes - report.items.reduce((sum, item) => sum + (items.includes(item) ? 0 : item.bytes), 0);
    return { ...report, items, bytes };
  };
  /** What it did or would do, a line each. */
  const lines = async (options?: Omit<CleanOptions, 'state' | 'repository'>): Promise<string[]> =>
    (await cleanUp(options)).items.map(({ outcome, kind, name, reason }) => `${outcome} ${kind} ${name}: ${reason}`);

  /** The folder of a run, as its journal tells. */
  const addRun = async (run: string, { subtasks, endedHoursAgo }: RunScript): Promise<string> => {
    const folder = runFolder(state, run);
    mkdirSync(folder.root, { recursive: true });
    const time = new Date(Date.now() - (endedHoursAgo ?? 0) * hourMs).toISOString();
    const plan = samplePlan(Object.keys(subtasks).map((id) => sampleSubtask(id)));
    const ends = Object.entries(subtasks).flatMap(([subtask, status]) =>
      status === undefined
        ? []
        : [{ type: 'subtask-end', subtask, status, attempts: 1, usage: noUsage(), durationMs: 1, denials: 0 } as const],
    );
    const events = [
      {
        type: 'run-start',
        name: run,
        repository: repository.folder,
        subtasks: ends.length,
        concurrency: 1,
        threads: 1,
        pid: 1,
        version: '0',
      },
      { type: 'plan-end', plan },
      ...ends,
      ...(endedHoursAgo === undefined ? [] : [{ type: 'run-end', status: 'succeeded', exitCode: 0 }]),
    ].map((event) => ({ time, run, ...event }) as unknown as FanfoldEvent);
    const journal = await openJournal(folder.journal, { durable: false });
    for (const event of events) await journal.append(event);
    await journal.close();
    return folder.root;
  };

  /** A kept branch with a commit of its own on the base. */
  const keep = (run: string, subtask: string, at?: string): string => {
    const branch = `fanfold-kept/${run}/${subtask}`;
    const tree = repository.git('rev-parse', 'HEAD^{tree}');
    const commit = at ?? repository.git('commit-tree', tree, '-p', 'HEAD', '-m', branch);
    repository.git('update-ref', `refs/heads/${branch}`, commit);
    return branch;
  };
  const branches = () => repository.git('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads').split('\n');
  return { repository, state, cleanUp, lines, addRun, keep, branches };
}

test('a kept branch goes once its commits are in another; that its subtask landed later says nothing of them', async () => {
  const { repository, lines, addRun, keep, branches } = await setUp();
  await addRun('x', { subtasks: { merged: 'failed', later: 'landed', lost: 'failed' }, endedHoursAgo: 1 });
  repository.git('branch', 'mine', keep('x', 'merged'));
  keep('x', 'later');
  keep('x', 'lost');
  // Of a later attempt that began anew.
  keep('x', 'lost.2');
  const alone = (name: string) => `branch fanfold-kept/x/${name}: 1 commit that is nowhere else`;
  const kept = ['later', 'lost', 'lost.2'].map((name) => `kept ${alone(name).replace(': 1', ': kept: 1')}`);
  const merged = 'branch fanfold-kept/x/merged: all of it is in other branches';
  expect((await lines({ dryRun: true })).sort()).toEqual([...kept, `found ${merged}`].sort());
  expect(branches()).toHaveLength(6);
  expect((await lines()).sort()).toEqual([...kept, `removed ${merged}`].sort());
  expect((await lines({ force: true })).sort()).toEqual(
    ['later', 'lost', 'lost.2'].map((name) => `removed ${alone(name)}`).sort(),
  );
  expect(branches()).toEqual(['main', 'mine']);
});

test('two kept branches at one commit do not vouch for each other, and a tag vouches for both', async () => {
  const { repository, lines, keep, branches } = await setUp();
  const first = keep('gone', 'one');
  keep('gone', 'two', repository.git('rev-parse', first));
  expect((await lines()).every((line) => line.startsWith('kept branch'))).toBe(true);
  repository.git('tag', 'saved', first);
  expect((await lines()).every((line) => line.startsWith('removed branch'))).toBe(true);
  expect(branches()).toEqual(['main']);
});

test('what is not ours by every sign stays, also with force', async () => {
  const { repository, lines, addRun, keep, branches } = await setUp();
  await addRun('x', { subtasks: { a: 'landed', b: 'landed' }, endedHoursAgo: 1 });
  repository.git('checkout', '--quiet', keep('x', 'a'));
  repository.git('symbolic-ref', 'refs/heads/fanfold-kept/x/b', 'refs/heads/main');
  repository.git('branch', 'fanfold-kept/other', 'main');
  repository.git('branch', 'fanfold/x', 'main');
  expect(await lines({ force: true })).toEqual(['kept branch fanfold-kept/x/a: it is checked out']);
  expect(branches()).toHaveLength(5);
});

test('what cannot be removed is said to have failed, and the rest goes', async () => {
  const { repository, cleanUp, addRun, keep, branches } = await setUp();
  await addRun('x', { subtasks: { a: 'landed', b: 'landed' }, endedHoursAgo: 1 });
  const main = repository.git('rev-parse', 'main');
  keep('x', 'a', main);
  keep('x', 'b', main);
  writeFileSync(join(repository.folder, '.git', 'refs', 'heads', 'fanfold-kept', 'x', 'a.lock'), '');
  const { items } = await cleanUp();
  expect(items).toMatchObject([
    { name: 'fanfold-kept/x/a', outcome: 'failed', error: 'something of it is still there' },
    { name: 'fanfold-kept/x/b', outcome: 'removed' },
  ]);
  expect(branches()).toEqual(['fanfold-kept/x/a', 'main']);
});

test('folders of runs stay unless asked for, by age, and as long as there is something to go on with', async () => {
  const { state, lines, addRun } = await setUp();
  await addRun('old', { subtasks: { a: 'landed', b: 'failed' }, endedHoursAgo: 50 });
  await addRun('new', { subtasks: { a: 'landed' }, endedHoursAgo: 1 });
  await addRun('open', { subtasks: { a: undefined }, endedHoursAgo: 50 });
  await addRun('killed', { subtasks: { a: undefined } });
  const names = () => readdirSync(state.runs).sort();
  expect(await lines()).toEqual([]);
  const unfinished = [
    'kept run runs/killed: unfinished: go on with `fanfold resume killed`',
    'kept run runs/open: 1 left to do: go on with `fanfold resume open`',
  ];
  expect(await lines({ olderThanMs: 24 * hourMs, dryRun: true })).toEqual([
    'found run runs/old: it has ended',
    unfinished[1],
  ]);
  expect(await lines({ olderThanMs: 24 * hourMs })).toEqual(['removed run runs/old: it has ended', unfinished[1]]);
  expect(names()).toEqual(['killed', 'new', 'open']);
  expect(await lines({ olderThanMs: 0 })).toEqual([unfinished[0], 'removed run runs/new: it has ended', unfinished[1]]);
  expect(await lines({ olderThanMs: 0, force: true, runs: ['op'] })).toEqual([
    'removed run runs/open: 1 left to do: go on with `fanfold resume open`',
  ]);
  expect(names()).toEqual(['killed']);
});

test('a run at work, one with a living worker, and one that is starting are left alone', async () => {
  const { state, cleanUp, lines, addRun, keep } = await setUp();
  for (const run of ['led', 'served', 'starting']) mkdirSync(runFolder(state, run).root, { recursive: true });
  await addRun('led', { subtasks: { a: 'landed' }, endedHoursAgo: 1 });
  await addRun('served', { subtasks: { a: 'landed' }, endedHoursAgo: 1 });
  const workspace = join(state.workspaces, 'led-worker-1-0a1b2c3d');
  mkdirSync(workspace, { recursive: true });
  keep('led', 'a');
  const worker = startSleeper();
  await writeWorkspaceRecord(state, {
    name: 'served-outside-abc123-1-0a1b2c3d',
    run: 'served',
    worker: 'outside-abc123-1',
    owner: identityOf(worker.pid),
    kind: 'worktree',
  });
  await using held = await takeCoordinatorLock(runFolder(state, 'led').lock);
  expect(await lines({ olderThanMs: 0, force: true })).toEqual([
    `kept run runs/led: it is at work (process ${process.pid})`,
    'kept run runs/served: a worker is at work for it',
    'kept run runs/starting: it may be starting right now',
  ]);
  held.verify();
  expect(existsSync(workspace)).toBe(true);
  expect(readdirSync(state.runs).sort()).toEqual(['led', 'served', 'starting']);
  expect((await cleanUp()).items).toEqual([]);
  expect(await lines({ runs: ['led'] })).toEqual([`kept run runs/led: it is at work (process ${process.pid})`]);
});

test('symbolic links are neither followed nor taken for runs', async () => {
  const { state, cleanUp, addRun } = await setUp();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'precious.tmp'), 'x');
  const root = await addRun('x', { subtasks: { a: 'landed' }, endedHoursAgo: 1 });
  symlinkSync(outside, join(state.runs, 'link'));
  mkdirSync(join(root, 'subtasks', 'a'), { recursive: true });
  symlinkSync(outside, join(root, 'subtasks', 'a', '1'));
  symlinkSync(outside, join(root, 'gates'));
  mkdirSync(state.trash);
  symlinkSync(outside, join(state.trash, 'link'));
  mkdirSync(state.workspaces);
  symlinkSync(outside, join(state.workspaces, 'x-worker-1-0a1b2c3d'));
  await cleanUp({ olderThanMs: 0, force: true });
  expect(readdirSync(outside)).toEqual(['precious.tmp']);
  expect(readdirSync(state.runs)).toEqual(['link']);
  expect(lstatSync(join(state.runs, 'link')).isSymbolicLink()).toBe(true);
  expect([...readdirSync(state.trash), ...readdirSync(state.workspaces)]).toEqual([]);
});

test('a state folder that is a link is refused', async () => {
  const { repository, state, cleanUp } = await setUp();
  const outside = temporaryFolder();
  mkdirSync(join(outside, 'x-worker-1-0a1b2c3d'));
  symlinkSync(outside, join(repository.folder, '.fanfold', 'workspaces'));
  await expect(cleanUp({ force: true })).rejects.toMatchObject({ code: 'repository-invalid' });
  expect(readdirSync(outside)).toEqual(['x-worker-1-0a1b2c3d']);
  expect(state.workspaces).toBe(join(repository.folder, '.fanfold', 'workspaces'));
});

test('unfinished files, trash and results are found with their sizes', async () => {
  const { state, cleanUp, addRun } = await setUp();
  const root = await addRun('x', { subtasks: { a: undefined } });
  const attempt = join(root, 'subtasks', 'a', '1');
  mkdirSync(join(attempt, 'scratch-0a1b2c3d'), { recursive: true });
  writeFileSync(join(attempt, 'scratch-0a1b2c3d', 'big'), Buffer.alloc(100_000, 1));
  mkdirSync(join(state.trash, 'abc'), { recursive: true });
  mkdirSync(join(state.results, 'ab'), { recursive: true });
  const result = join(state.results, 'ab', 'result');
  writeFileSync(result, Buffer.alloc(50_000, 1));
  const dayAgo = Date.now() / 1000 - 86_400;
  utimesSync(result, dayAgo, dayAgo);
  writeFileSync(join(state.results, 'ab', 'fresh'), 'x');
  const kinds = async (options: Omit<CleanOptions, 'state' | 'repository'>) =>
    (await cleanUp(options)).items.map(({ kind, outcome }) => `${outcome} ${kind}`);
  expect(await kinds({ dryRun: true })).toEqual(['found temporary', 'found trash']);
  const report = await cleanUp({ olderThanMs: hourMs });
  expect(report.items.map(({ kind, outcome }) => `${outcome} ${kind}`)).toEqual([
    'removed temporary',
    'removed trash',
    'removed results',
  ]);
  expect(report.bytes).toBeGreaterThan(150_000);
  expect(report.bytes).toBeLessThan(300_000);
  expect(readdirSync(attempt)).toEqual([]);
  expect(readdirSync(join(state.results, 'ab'))).toEqual(['fresh']);
  expect(await kinds({ olderThanMs: 0 })).toEqual(['kept run', 'removed results']);
});

test('a dead worker of a run without a folder leaves nothing either', async () => {
  const { state, lines } = await setUp();
  const name = 'gone-20260101-000000-abcd-worker-1-0a1b2c3d';
  mkdirSync(join(state.workspaces, name), { recursive: true });
  await writeWorkspaceRecord(state, {
    name,
    run: 'gone-20260101-000000-abcd',
    worker: 'worker-1',
    owner: deadIdentity(),
    kind: 'worktree',
  });
  expect(await lines({ runs: ['gone'] })).toEqual([`removed workspace workspaces/${name}: its worker is dead`]);
  expect(readdirSync(state.workspaces)).toEqual([]);
  await expect(lines({ runs: ['gone'] })).rejects.toMatchObject({ code: 'run-not-found' });
});
