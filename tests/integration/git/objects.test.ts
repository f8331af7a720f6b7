import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  changedPaths,
  checkedOutBranches,
  commitChanges,
  gitText,
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

test('file names that are not UTF-8 are left out of listings and stay as they are in commits', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a', 'f\ufffdr.txt': 'legitimate' });
  const name = Buffer.from('latin1-f\xfcr.txt', 'latin1');
  writeFileSync(Buffer.concat([Buffer.from(`${fixture.folder}/`), name]), 'odd');
  fixture.git('add', '--all');
  fixture.git('commit', '--quiet', '--message', 'odd');
  const repository = await open(fixture);
  const base = fixture.git('rev-parse', 'HEAD');
  const entries = await listTree(repository, base);
  expect(entries.map(({ path }) => path)).toEqual(['a.txt', 'f\ufffdr.txt']);
  const commit = await commitChanges(repository, {
    base,
    message: 'all that is listed',
    scratch: join(temporaryFolder(), 'scratch'),
    changes: entries.map(({ mode, path }) => ({ mode, path, content: 'new' })),
  });
  expect((await changedPaths(repository, base, commit)).sort()).toEqual(['a.txt', 'f\ufffdr.txt']);
  const names = execFileSync('git', ['ls-tree', '-r', '-z', '--name-only', commit], { cwd: fixture.folder });
  expect(names.includes(name)).toBe(true);
  expect(names.toString('latin1').split('\0').filter(Boolean)).toHaveLength(3);
});

test('a line break in the path of the repository is part of the path', async () => {
  const folder = join(temporaryFolder(), 'first\nsha1\nlast');
  mkdirSync(folder);
  const fixture = temporaryRepository();
  fixture.git('clone', '--quiet', fixture.folder, folder);
  const repository = await openRepository(folder);
  expect(repository).toMatchObject({ top: folder, commonFolder: join(folder, '.git'), objectFormat: 'sha1' });
  expect(await checkedOutBranches(repository ?? (await open(fixture)))).toEqual(new Set(['main']));
});

test('an aborted git is gone with all it started before the call rejects', async () => {
  const fixture = temporaryRepository();
  const marker = join(temporaryFolder(), 'ended');
  const controller = new AbortController();
  const reason = new Error('stop');
  const call = gitText(['wait-here'], {
    cwd: fixture.folder,
    settings: [['alias.wait-here', `!echo started > ${marker}.0; sh -c 'sleep 1; echo > ${marker}'`]],
    signal: controller.signal,
  });
  while (!existsSync(`${marker}.0`)) await setTimeout(5);
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
  await setTimeout(1200);
  expect(existsSync(marker)).toBe(false);
  await expect(gitText(['version'], { cwd: fixture.folder, signal: controller.signal })).rejects.toBe(reason);
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
