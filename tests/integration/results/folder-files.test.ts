import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileChoice } from '../../../coordinator/results/file-set.ts';
import { folderFiles } from '../../../coordinator/results/folder-files.ts';
import { treeFiles } from '../../../coordinator/results/tree-files.ts';
import { openRepository, type Repository } from '../../../ipc/index.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

const all: FileChoice = { kind: 'all', except: [] };

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function look(folder: string, choice: FileChoice, repository?: Repository) {
  const files = await folderFiles({ folder, repository }, [choice], new Map());
  const paths = files?.choose(choice) ?? [];
  return { paths, digest: files?.digest(paths), changedAt: files?.changedAt(paths) };
}

test('outside git every file counts by content, mode and name, but for state of git and of Fanfold', async () => {
  const folder = folderWith({ 'a/b.txt': 'b', 'c.txt': 'c', '.fanfold/runs/x': 'x', '.git/HEAD': 'x' });
  symlinkSync('c.txt', join(folder, 'link'));
  const before = await look(folder, all);
  expect(before.paths).toEqual(['a/b.txt', 'c.txt', 'link']);
  writeFileSync(join(folder, '.fanfold/runs/x'), 'y');
  expect((await look(folder, all)).digest).toBe(before.digest);
  chmodSync(join(folder, 'c.txt'), 0o755);
  const executable = await look(folder, all);
  expect(executable.digest).not.toBe(before.digest);
  expect(executable.changedAt).toBeGreaterThanOrEqual(before.changedAt ?? 0);
  writeFileSync(join(folder, 'c.txt'), 'd');
  expect((await look(folder, all)).digest).not.toBe(executable.digest);
});

test('in git what it ignores does not count, unless it is named', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a', '.gitignore': 'out/\n' });
  fixture.write({ 'out/x.txt': 'x', 'untracked.txt': 'u' });
  const repository = (await openRepository(fixture.folder)) as Repository;
  expect((await look(fixture.folder, all, repository)).paths).toEqual(['.gitignore', 'a.txt', 'untracked.txt']);
  const named = await look(fixture.folder, { kind: 'patterns', patterns: ['out', 'a.txt'] }, repository);
  expect(named.paths).toEqual(['a.txt', 'out/x.txt']);
});

test('what would take long to read is not read', async () => {
  const large = folderWith({ 'large.bin': '' });
  truncateSync(join(large, 'large.bin'), 257 * 1024 * 1024);
  expect((await look(large, all)).digest).toBeUndefined();
  expect((await look(large, { kind: 'patterns', patterns: ['*.txt'] })).digest).toBeUndefined();
  expect((await look(large, { kind: 'patterns', patterns: ['text/*.txt'] })).digest).toBeDefined();
});

test('of a tree every entry counts, by its object and mode, whatever its name', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a', 'über.txt': 'ü' });
  const repository = (await openRepository(fixture.folder)) as Repository;
  const digestAt = async (commit: string) => {
    const files = await treeFiles(repository, commit);
    return { paths: files.choose(all), digest: files.digest(files.choose(all)) };
  };
  const first = await digestAt('HEAD');
  expect(first.paths).toEqual(['a.txt', 'über.txt']);
  fixture.git('update-index', '--add', '--cacheinfo', `160000,${fixture.git('rev-parse', 'HEAD')},sub`);
  fixture.git('commit', '--quiet', '-m', 'submodule');
  const second = await digestAt('HEAD');
  expect(second.paths).toEqual(['a.txt', 'sub', 'über.txt']);
  expect(second.digest).not.toBe(first.digest);
  expect((await digestAt('HEAD~1')).digest).toBe(first.digest);
});
