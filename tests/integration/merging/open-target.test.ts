import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTarget } from '../../../coordinator/merging/open-target.ts';
import { openJournal, openRepository, runFolder, type StateFolder, stateFolder } from '../../../ipc/index.ts';
import { noUsage } from '../../../tasks/index.ts';
import { type TestRepository, temporaryRepository } from '../../support/temporary-repository.ts';

async function open(fixture: TestRepository, into: string) {
  const repository = await openRepository(fixture.folder);
  if (repository === undefined) throw new Error('no repository');
  return openTarget(repository, { base: 'main', into }, stateFolder(fixture.folder));
}

test.each([
  { existing: 'fanfold', branch: 'fanfold/t', conflict: true },
  { existing: 'a/b', branch: 'a/b/c', conflict: true },
  { existing: 'a/b/c', branch: 'a/b', conflict: true },
  { existing: 'a/bc', branch: 'a/b', conflict: false },
  { existing: 'fanfold/t', branch: 'fanfold/u', conflict: false },
])('with the branch $existing, $branch conflicts: $conflict', async ({ existing, branch, conflict }) => {
  const fixture = temporaryRepository();
  fixture.git('branch', existing);
  const opened = open(fixture, branch);
  if (conflict) {
    await expect(opened).rejects.toMatchObject({ code: 'into-conflict', message: expect.stringContaining(existing) });
  } else {
    expect(await opened).toMatchObject({ branch, branchAt: undefined });
  }
});

/** A branch `t` with a commit that main lacks; checked out is main. */
function withBranch(): { fixture: TestRepository; state: StateFolder; tip: string } {
  const fixture = temporaryRepository();
  fixture.git('checkout', '--quiet', '-b', 't');
  const tip = fixture.commit({ 'work.txt': 'work\n' });
  fixture.git('checkout', '--quiet', 'main');
  return { fixture, state: stateFolder(fixture.folder), tip };
}

interface Ended {
  branch: string;
  commit?: string;
}

/** The journal of a run, by its sessions; one without `commit` was killed, or is at work. */
async function journalOf(state: StateFolder, run: string, ...sessions: Ended[]): Promise<void> {
  const { root, journal } = runFolder(state, run);
  mkdirSync(root, { recursive: true });
  await using writing = await openJournal(journal);
  const common = { time: new Date().toISOString(), run };
  const start = { name: 'n', repository: '/r', subtasks: 1, concurrency: 1, threads: 1, pid: 1, version: '0' };
  const subtasks = { total: 1, landed: 1, unchanged: 0, cached: 0, failed: 0, cancelled: 0, conflicted: 0 };
  for (const [index, { branch, commit }] of sessions.entries()) {
    writing.appendLater({ ...common, ...start, type: 'run-start', branch, session: index + 1, leaseMs: 1 });
    if (commit === undefined) continue;
    const end = {
      status: 'succeeded',
      exitCode: 0,
      usage: noUsage(),
      durationMs: 1,
      denials: 0,
      folder: root,
    } as const;
    writing.appendLater({ ...common, ...end, type: 'run-end', subtasks, branch, commit });
  }
}

test('a branch that is where an earlier run left it gives way, and its commit is named', async () => {
  const { fixture, state, tip } = withBranch();
  await journalOf(state, 'old-20260101-000000-aaaa', { branch: 't', commit: tip });
  const elsewhere = fixture.git('rev-parse', 'main');
  await journalOf(state, 'new-20260102-000000-aaaa', { branch: 't', commit: elsewhere });
  writeFileSync(runFolder(state, 'odd-20260103-000000-aaaa').root, 'no folder');
  const replaces = { run: 'old-20260101-000000-aaaa', commit: tip };
  const main = fixture.git('rev-parse', 'main');
  expect(await open(fixture, 't')).toEqual({ base: main, branch: 't', branchAt: tip, tip: main, replaces });
});

test('one that nobody is known to have left there does not, nor one that another branch of a run was left at', async () => {
  const { fixture, state, tip } = withBranch();
  const refused = { code: 'into-conflict', next: expect.stringMatching(/--into.*base: t/) };
  await expect(open(fixture, 't')).rejects.toMatchObject(refused);
  await journalOf(state, 'a-20260101-000000-aaaa', { branch: 'u', commit: tip });
  await journalOf(state, 'b-20260102-000000-aaaa', { branch: 't' });
  await expect(open(fixture, 't')).rejects.toMatchObject(refused);
});

test('one with a commit of a person on top of what a run left does not', async () => {
  const { fixture, state, tip } = withBranch();
  await journalOf(state, 'a-20260101-000000-aaaa', { branch: 't', commit: tip });
  fixture.git('checkout', '--quiet', 't');
  fixture.commit({ 'mine.txt': 'mine\n' });
  fixture.git('checkout', '--quiet', 'main');
  await expect(open(fixture, 't')).rejects.toMatchObject({ code: 'into-conflict' });
});

test('one of a run that was killed does not: it is to be resumed', async () => {
  const { fixture, state, tip } = withBranch();
  const { root, journal } = runFolder(state, 'killed-20260101-000000-aaaa');
  mkdirSync(root, { recursive: true });
  const writing = await openJournal(journal);
  const common = { time: new Date().toISOString(), run: 'killed-20260101-000000-aaaa' };
  const start = { name: 'killed', repository: fixture.folder, subtasks: 1, concurrency: 1, threads: 1, pid: 1 };
  writing.appendLater({ ...common, ...start, type: 'run-start', branch: 't', version: '0', session: 1, leaseMs: 1 });
  writing.appendLater({ ...common, type: 'merge-ready', subtasks: ['a'], onto: tip, commit: tip });
  await writing.close();
  await expect(open(fixture, 't')).rejects.toMatchObject({
    code: 'into-conflict',
    next: expect.stringContaining('fanfold resume killed-20260101-000000-aaaa'),
  });
});

test('one of a run that ended and was taken up again since does not', async () => {
  const { fixture, state, tip } = withBranch();
  await journalOf(state, 'again-20260101-000000-aaaa', { branch: 't', commit: tip }, { branch: 't' });
  await expect(open(fixture, 't')).rejects.toMatchObject({
    code: 'into-conflict',
    next: expect.stringContaining('fanfold resume again-20260101-000000-aaaa'),
  });
});
