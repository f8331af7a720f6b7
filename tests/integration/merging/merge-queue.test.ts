import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMergeQueue, type MergeQueue } from '../../../coordinator/merging/merge-queue.ts';
import { commitChanges, openRepository, type Repository } from '../../../ipc/index.ts';
import { type CheckResult, type EventInput, FanfoldError } from '../../../tasks/index.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

interface Fixture {
  fixture: TestRepository;
  repository: Repository;
  base: string;
  queue: MergeQueue;
  judged: string[][];
  /** A subtask's commit on the base. */
  change(subtask: string, files: Record<string, string>): Promise<{ subtask: string; commit: string; message: string }>;
}

function gate(passed: boolean): CheckResult {
  return { name: 'gate', passed, gate: true, durationMs: 1, exitCode: passed ? 0 : 1, outputTail: 'why' };
}

async function setUp(passes: (files: string[]) => boolean = () => true, withGate = true): Promise<Fixture> {
  const fixture = temporaryRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  const repository = await openRepository(fixture.folder);
  if (repository === undefined) throw new Error('no repository');
  const base = fixture.git('rev-parse', 'HEAD');
  const judged: string[][] = [];
  const queue = createMergeQueue({
    repository,
    branch: 'fanfold/test',
    start: { branch: undefined, tip: base },
    beforeLanding: async () => {},
    run: 'test',
    async gates(commit, subtasks) {
      if (!withGate) return [];
      judged.push([...subtasks]);
      return [gate(passes(fixture.git('ls-tree', '-r', '--name-only', commit).split('\n')))];
    },
    emit: (_event: EventInput) => {},
  });
  const scratch = temporaryFolder();
  return {
    fixture,
    repository,
    base,
    queue,
    judged,
    async change(subtask, files) {
      const changes = Object.entries(files).map(([path, content]) => ({ mode: '100644', path, content }));
      const commit = await commitChanges(repository, {
        base,
        changes,
        message: subtask,
        scratch: join(scratch, subtask),
      });
      return { subtask, commit, message: `Merge ${subtask}` };
    },
  };
}

test('independent changes land in one batch and the checkout stays as it is', async () => {
  const { fixture, queue, change, judged } = await setUp();
  const items = await Promise.all(
    [0, 1, 2, 3].map((index) => change(`s-${index}`, { [`new-${index}.txt`]: `${index}\n` })),
  );
  const verdicts = await Promise.all(items.map((item) => queue.submit(item)));
  expect(verdicts.map(({ status }) => status)).toEqual(['landed', 'landed', 'landed', 'landed']);
  expect(judged).toEqual([['s-0', 's-1', 's-2', 's-3']]);
  expect(fixture.git('ls-tree', '-r', '--name-only', 'fanfold/test').split('\n')).toHaveLength(6);
  expect(fixture.git('status', '--porcelain')).toBe('');
  expect(fixture.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main');
});

test('a conflict costs its own subtask alone and names the files', async () => {
  const { fixture, queue, change } = await setUp();
  const left = await change('left', { 'a.txt': 'left\n' });
  const right = await change('right', { 'a.txt': 'right\n' });
  const other = await change('other', { 'b.txt': 'other\n' });
  const verdicts = await Promise.all([left, right, other].map((item) => queue.submit(item)));
  expect(verdicts[0]).toMatchObject({ status: 'landed' });
  expect(verdicts[1]).toEqual({ status: 'conflicted', files: ['a.txt'] });
  expect(verdicts[2]).toMatchObject({ status: 'landed' });
  expect(fixture.read('fanfold/test', 'a.txt')).toBe('left\n');
});

test('a failed gate is bisected to the guilty subtask and the rest land', async () => {
  const { fixture, queue, change } = await setUp((files) => !files.includes('guilty.txt'));
  const items = await Promise.all([
    ...[0, 1, 2, 3, 4].map((index) => change(`good-${index}`, { [`good-${index}.txt`]: 'x\n' })),
    change('guilty', { 'guilty.txt': 'x\n' }),
    change('good-6', { 'good-6.txt': 'x\n' }),
  ]);
  const verdicts = await Promise.all(items.map((item) => queue.submit(item)));
  const failed = items.filter((_, index) => verdicts[index]?.status === 'failed').map(({ subtask }) => subtask);
  expect(failed).toEqual(['guilty']);
  expect(verdicts.filter(({ status }) => status === 'landed')).toHaveLength(6);
  expect(fixture.git('ls-tree', '-r', '--name-only', 'fanfold/test')).not.toContain('guilty');
});

test('what failed on the base already is not held against anyone', async () => {
  const { repository, base, change, fixture } = await setUp();
  const queue = createMergeQueue({
    repository,
    branch: 'fanfold/other',
    start: { branch: undefined, tip: base },
    beforeLanding: async () => {},
    run: 'test',
    gates: async () => [{ ...gate(false), failedOnBase: true }],
    emit: () => {},
  });
  expect(await queue.submit(await change('one', { 'one.txt': '1\n' }))).toMatchObject({ status: 'landed' });
  expect(fixture.read('fanfold/other', 'one.txt')).toBe('1\n');
});

test('a branch moved by somebody else is merged onto, not overwritten', async () => {
  const { fixture, queue, change } = await setUp();
  await queue.submit(await change('first', { 'first.txt': '1\n' }));
  const foreign = fixture.git('commit-tree', 'fanfold/test^{tree}', '-p', 'fanfold/test', '-m', 'foreign');
  fixture.git('update-ref', 'refs/heads/fanfold/test', foreign);
  expect(await queue.submit(await change('second', { 'second.txt': '2\n' }))).toMatchObject({ status: 'landed' });
  expect(fixture.git('log', '--format=%s', 'fanfold/test')).toContain('foreign');
  expect(fixture.read('fanfold/test', 'second.txt')).toBe('2\n');
});

test('a branch that was reset by somebody else stops the landing', async () => {
  const { fixture, queue, base, change } = await setUp();
  await queue.submit(await change('first', { 'first.txt': '1\n' }));
  fixture.git('update-ref', 'refs/heads/fanfold/test', base);
  const verdict = await queue.submit(await change('second', { 'second.txt': '2\n' }));
  expect(verdict).toMatchObject({ status: 'failed', error: { code: 'into-conflict' } });
  expect(fixture.git('rev-parse', 'fanfold/test')).toBe(base);
});

test('a branch that somebody checks out meanwhile is left alone', async () => {
  const { fixture, queue, change } = await setUp();
  await queue.submit(await change('first', { 'first.txt': '1\n' }));
  fixture.git('checkout', '--quiet', 'fanfold/test');
  const verdict = await queue.submit(await change('second', { 'second.txt': '2\n' }));
  expect(verdict).toMatchObject({ status: 'failed', error: { code: 'into-conflict' } });
  expect(fixture.git('status', '--porcelain')).toBe('');
});

test('a closed queue lands nothing more', async () => {
  const { fixture, queue, change } = await setUp();
  const item = await change('late', { 'late.txt': '1\n' });
  queue.close(new FanfoldError({ code: 'cancelled', message: 'over', next: 'again', failure: 'cancelled' }));
  expect(await queue.submit(item)).toMatchObject({
    status: 'failed',
    error: { code: 'cancelled', failure: 'cancelled' },
  });
  expect(fixture.git('branch', '--list', 'fanfold/*')).toBe('');
});
