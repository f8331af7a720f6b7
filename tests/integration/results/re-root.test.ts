import { expect, test } from 'vitest';
import { reRoot } from '../../../coordinator/results/re-root.ts';
import { openRepository, type Repository } from '../../../ipc/index.ts';
import { type TestRepository, temporaryRepository } from '../../support/temporary-repository.ts';

const lines = (...changed: [number, string][]) => {
  const all = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  for (const [index, text] of changed) all[index] = text;
  return `${all.join('\n')}\n`;
};

/** A base, work on it, and the repository. */
async function setUp() {
  const fixture: TestRepository = temporaryRepository({ 'a.txt': lines(), 'b.txt': 'b\n' });
  const repository = (await openRepository(fixture.folder)) as Repository;
  const base = fixture.git('rev-parse', 'HEAD');
  const commit = fixture.commit({ 'a.txt': lines([2, 'work']) }, 'one: run\n\nFanfold-Run: r\nFanfold-Subtask: one');
  fixture.git('checkout', '--quiet', '--orphan', 'elsewhere');
  return { fixture, repository, base, commit };
}

test('work on what the run starts from is taken as it is', async () => {
  const { fixture, repository, base, commit } = await setUp();
  fixture.git('checkout', '--quiet', '--force', '-B', 'other', base);
  const tip = fixture.commit({ 'b.txt': 'more\n' });
  expect(await reRoot(repository, { commit, base, start: base, tip })).toBe(commit);
});

test('on another commit with the same tree its tree is taken over, with its message', async () => {
  const { fixture, repository, base, commit } = await setUp();
  const tip = fixture.commit({}, 'the same tree');
  const same = fixture.git('commit-tree', `${base}^{tree}`, '-m', 'same');
  const rooted = await reRoot(repository, { commit, base, start: tip, tip: same });
  expect(rooted).toMatch(/^[0-9a-f]{40}$/);
  expect(fixture.git('rev-parse', `${rooted}^{tree}`)).toBe(fixture.git('rev-parse', `${commit}^{tree}`));
  expect(fixture.git('rev-parse', `${rooted}^`)).toBe(same);
  expect(fixture.git('log', '-1', '--format=%B', rooted ?? '')).toContain('Fanfold-Subtask: one');
});

test('on a tip without common history it is merged three ways, with the tree it was built on as the base', async () => {
  const { fixture, repository, base, commit } = await setUp();
  const tip = fixture.commit({ 'a.txt': lines([17, 'tip']), 'b.txt': 'tip\n', 'c.txt': 'new\n' });
  const rooted = await reRoot(repository, { commit, base, start: tip, tip });
  expect(fixture.read(rooted ?? '', 'a.txt')).toBe(lines([2, 'work'], [17, 'tip']));
  expect(fixture.read(rooted ?? '', 'b.txt')).toBe('tip\n');
  expect(fixture.read(rooted ?? '', 'c.txt')).toBe('new\n');
  expect(fixture.git('rev-parse', `${rooted}^`)).toBe(tip);
  expect(fixture.git('for-each-ref', '--contains', rooted ?? '')).toBe('');
});

test('a conflict, a commit that is gone and one that was not built on its base are nothing to reuse', async () => {
  const { fixture, repository, base, commit } = await setUp();
  const tip = fixture.commit({ 'a.txt': lines([2, 'tip']) });
  expect(await reRoot(repository, { commit, base, start: tip, tip })).toBeUndefined();
  const gone = '0123456789'.repeat(4);
  expect(await reRoot(repository, { commit: gone, base, start: base, tip })).toBeUndefined();
  expect(await reRoot(repository, { commit, base: gone, start: tip, tip })).toBeUndefined();
  expect(await reRoot(repository, { commit, base: tip, start: tip, tip })).toBeUndefined();
  const tree = fixture.git('rev-parse', `${commit}^{tree}`);
  expect(await reRoot(repository, { commit: tree, base, start: base, tip })).toBeUndefined();
});
