import { expect, test } from 'vitest';
import { reopenTarget } from '../../../coordinator/merging/reopen-target.ts';
import { openRepository } from '../../../ipc/index.ts';
import type { MergeReady, RunStart } from '../../../tasks/index.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

async function setUp() {
  const fixture = temporaryRepository();
  const repository = await openRepository(fixture.folder);
  if (repository === undefined) throw new Error('no repository');
  const base = fixture.git('rev-parse', 'HEAD');
  const commitOn = (parent: string, name: string): string => {
    const blob = fixture.git('hash-object', '-w', 'README.md');
    const tree = fixture.git('rev-parse', `${parent}^{tree}`);
    fixture.git('read-tree', tree);
    fixture.git('update-index', '--add', '--cacheinfo', `100644,${blob},${name}`);
    return fixture.git('commit-tree', fixture.git('write-tree'), '-p', parent, '-m', name);
  };
  const start = { base, branch: 'fanfold/work' } as RunStart & { base: string; branch: string };
  const ready = (onto: string, commit: string, ...subtasks: string[]): MergeReady => ({
    type: 'merge-ready',
    time: '2026-01-01T00:00:00.000Z',
    run: 'r',
    subtasks,
    onto,
    commit,
  });
  const point = (to: string) => fixture.git('update-ref', 'refs/heads/fanfold/work', to);
  return { fixture, repository, base, commitOn, start, ready, point };
}

test('a merge that was ready has landed exactly when the branch contains it', async () => {
  const { repository, base, commitOn, start, ready, point } = await setUp();
  const first = commitOn(base, 'a');
  const second = commitOn(first, 'b');
  const merges = [ready(base, first, 'a'), ready(first, second, 'b')];
  const unsettled = new Set(['a', 'b']);
  const before = await reopenTarget(repository, start, { ready: merges, landedAt: undefined, unsettled });
  expect(before).toEqual({ base, branch: 'fanfold/work', branchAt: undefined, tip: base, landed: new Map() });
  point(first);
  const between = await reopenTarget(repository, start, { ready: merges, landedAt: undefined, unsettled });
  expect(between).toMatchObject({ branchAt: first, tip: first, landed: new Map([['a', first]]) });
  point(second);
  const after = await reopenTarget(repository, start, { ready: merges, landedAt: first, unsettled: new Set(['b']) });
  expect(after).toMatchObject({ branchAt: second, tip: second, landed: new Map([['b', second]]) });
});

test('a merge that somebody overtook has not landed, though a later one has', async () => {
  const { repository, base, commitOn, start, ready, point } = await setUp();
  const first = commitOn(base, 'a');
  const lost = commitOn(first, 'b');
  const theirs = commitOn(first, 'theirs');
  const third = commitOn(theirs, 'c');
  point(third);
  const merges = [ready(base, first, 'a'), ready(first, lost, 'b'), ready(theirs, third, 'c')];
  const unsettled = new Set(['a', 'b', 'c']);
  const found = await reopenTarget(repository, start, { ready: merges, landedAt: undefined, unsettled });
  expect(found.landed).toEqual(
    new Map([
      ['a', first],
      ['c', third],
    ]),
  );
});

test('a branch that was put elsewhere, deleted or checked out is refused', async () => {
  const { fixture, repository, base, commitOn, start, ready, point } = await setUp();
  const first = commitOn(base, 'a');
  const how = { ready: [ready(base, first, 'a')], landedAt: undefined, unsettled: new Set<string>() };
  point(commitOn(base, 'other'));
  await expect(reopenTarget(repository, start, how)).rejects.toMatchObject({ code: 'into-conflict' });
  fixture.git('update-ref', '-d', 'refs/heads/fanfold/work');
  const wasThere = { ...start, branchFrom: base };
  await expect(reopenTarget(repository, wasThere, how)).rejects.toMatchObject({ code: 'into-conflict' });
  // What the journal knows to have landed must be there.
  const landed = { ...how, landedAt: first };
  await expect(reopenTarget(repository, start, landed)).rejects.toMatchObject({ code: 'into-conflict' });
  point(base);
  await expect(reopenTarget(repository, start, landed)).rejects.toMatchObject({ code: 'into-conflict' });
  point(first);
  expect(await reopenTarget(repository, start, landed)).toMatchObject({ tip: first });
  fixture.git('checkout', '--quiet', '--force', 'fanfold/work');
  await expect(reopenTarget(repository, start, how)).rejects.toMatchObject({ code: 'into-conflict' });
});
