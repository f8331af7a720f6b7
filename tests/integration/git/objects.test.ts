import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  changedPaths,
  commitChanges,
  listTree,
  openRepository,
  type Repository,
  readBlobs,
  resolveCommit,
} from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

async function open(test: TestRepository): Promise<Repository> {
  const repository = await openRepository(test.folder);
  if (repository === undefined) throw new Error('no repository');
  return repository;
}

test('commitChanges writes odd paths, binary content and deletions without moving a reference', async () => {
  const odd = 'odd "name" \\ tab\t ünï.txt';
  const fixture = temporaryRepository({ 'a.txt': 'a', 'gone.txt': 'gone', [odd]: 'old' });
  const repository = await open(fixture);
  const base = fixture.git('rev-parse', 'HEAD');
  const referencesBefore = fixture.git('for-each-ref');
  const scratch = join(temporaryFolder(), 'scratch');
  const binary = Buffer.from([0, 10, 255, 13, 10, 0]);
  const commit = await commitChanges(repository, {
    base,
    message: 'change: odd\n',
    scratch,
    changes: [
      { mode: '100644', path: odd, content: 'new' },
      { mode: '100755', path: 'folder/binary', content: binary },
      { mode: '100644', path: 'gone.txt', content: undefined },
    ],
  });
  expect(fixture.git('rev-parse', `${commit}^`)).toBe(base);
  expect(fixture.git('for-each-ref')).toBe(referencesBefore);
  expect(existsSync(scratch)).toBe(false);
  expect((await changedPaths(repository, base, commit)).sort()).toEqual(['folder/binary', 'gone.txt', odd].sort());
  const entries = await listTree(repository, commit);
  const binaryEntry = entries.find(({ path }) => path === 'folder/binary');
  expect(binaryEntry?.mode).toBe('100755');
  const [content, changed] = await readBlobs(repository, [
    binaryEntry?.object ?? '',
    entries.find(({ path }) => path === odd)?.object ?? '',
  ]);
  expect(content?.equals(binary)).toBe(true);
  expect(changed?.toString()).toBe('new');
  fixture.git('fsck', '--strict');
});

test('commitChanges works in a sha256 repository', async () => {
  const fixture = temporaryRepository();
  const folder = temporaryFolder();
  fixture.git('init', '--quiet', '--object-format=sha256', folder);
  fixture.git(
    '-C',
    folder,
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    'base',
  );
  const repository = await openRepository(folder);
  if (repository === undefined) throw new Error('no repository');
  const base = await resolveCommit(repository, 'HEAD');
  const commit = await commitChanges(repository, {
    base,
    message: 'm',
    scratch: join(folder, '.git', 'scratch'),
    changes: [{ mode: '100644', path: 'x', content: 'y' }],
  });
  expect(commit).toHaveLength(64);
  expect(await changedPaths(repository, base, commit)).toEqual(['x']);
});

test('hooks, fsmonitor and filters of the repository do not run', async () => {
  const fixture = temporaryRepository({ '.gitattributes': '* filter=evil\n', 'a.txt': 'a\n' });
  const marker = join(temporaryFolder(), 'ran');
  fixture.git('config', 'filter.evil.smudge', `touch ${marker}`);
  fixture.git('config', 'filter.evil.clean', `touch ${marker}`);
  fixture.git('config', 'core.fsmonitor', `touch ${marker}`);
  const { runGit } = await import('../../../ipc/index.ts');
  const repository = await open(fixture);
  const target = join(temporaryFolder(), 'tree');
  await runGit(['worktree', 'add', '--detach', target, 'HEAD'], { cwd: repository.top, settings: repository.settings });
  await runGit(['add', '--all'], { cwd: target, settings: repository.settings });
  expect(existsSync(marker)).toBe(false);
});

test('resolveCommit names what there is when the base is unknown', async () => {
  const fixture = temporaryRepository();
  const repository = await open(fixture);
  const failure = await resolveCommit(repository, 'nope').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FanfoldError);
  expect(failure).toMatchObject({ code: 'base-unknown' });
  expect((failure as FanfoldError).next).toContain('main');
});

test('a base that looks like an option is data', async () => {
  const repository = await open(temporaryRepository());
  await expect(resolveCommit(repository, '--all')).rejects.toMatchObject({ code: 'base-unknown' });
});

test('outside git there is no repository', async () => {
  expect(await openRepository(temporaryFolder())).toBeUndefined();
});
