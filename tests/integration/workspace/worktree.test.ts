import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWorktreeWorkspace } from '../../../worker/workspace/worktree-workspace.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';
import { never, openPool, openWorktree } from './open-test-workspace.ts';

test('an aborted acquire leaves no folder, no registration and no git at work', async () => {
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`d${index % 30}/${index}`, `${index}`]));
  const fixture = temporaryRepository(many);
  const { pool } = await openPool(fixture);
  const base = fixture.git('rev-parse', 'HEAD');
  for (const afterMs of [1, 6, 12, 20, 40]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const call = pool.acquire(base, controller.signal);
    await setTimeout(afterMs);
    controller.abort(reason);
    const result = await call.catch((error: unknown) => error);
    if (result !== reason) continue;
    expect(readdirSync(join(fixture.folder, '.fanfold', 'workspaces'))).toEqual([]);
    expect(fixture.git('worktree', 'list').split('\n')).toHaveLength(1);
    await setTimeout(50);
    expect(readdirSync(join(fixture.folder, '.fanfold', 'workspaces'))).toEqual([]);
    return;
  }
  expect.unreachable('every acquire was faster than its abort');
});

test('a `.git` that became a link is replaced, not written through', async () => {
  const fixture = temporaryRepository();
  const precious = join(temporaryFolder(), 'precious');
  writeFileSync(precious, 'precious');
  const { workspace, root, pool, repository } = await openWorktree(fixture);
  const gitFolder = readFileSync(join(root, '.git'), 'utf8').replace('gitdir: ', '').trim();
  rmSync(join(root, '.git'));
  symlinkSync(precious, join(root, '.git'));
  rmSync(join(gitFolder, 'index'));
  symlinkSync(precious, join(gitFolder, 'index'));
  await workspace[Symbol.asyncDispose]();
  const again = await openWorktreeWorkspace(pool, repository, fixture.git('rev-parse', 'HEAD'), never);
  expect(readFileSync(precious, 'utf8')).toBe('precious');
  expect(lstatSync(join(again.root ?? '', '.git')).isFile()).toBe(true);
  expect(again.root).toBe(root);
});

test('a worktree that became a link is given up, not cleaned', async () => {
  const fixture = temporaryRepository();
  const other = temporaryFolder();
  writeFileSync(join(other, 'precious'), 'precious');
  const { workspace, root, pool, repository } = await openWorktree(fixture);
  renameSync(root, `${root}-moved`);
  symlinkSync(other, root);
  await workspace[Symbol.asyncDispose]();
  const again = await openWorktreeWorkspace(pool, repository, fixture.git('rev-parse', 'HEAD'), never);
  expect(again.root).not.toBe(root);
  expect(readdirSync(other)).toEqual(['precious']);
});

test('a reused worktree holds the new commit and nothing of the last attempt', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n', 'folder/c.txt': 'c\n' });
  const first = fixture.git('rev-parse', 'HEAD');
  const second = fixture.commit({ 'a.txt': 'A\n' });
  const { workspace, root, pool, repository } = await openWorktree(fixture, first);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  git('update-index', '--assume-unchanged', 'b.txt');
  writeFileSync(join(root, 'b.txt'), 'hidden change\n');
  writeFileSync(join(root, 'new.txt'), 'new\n');
  rmSync(join(root, 'folder'), { recursive: true });
  writeFileSync(join(root, 'folder'), 'a file now\n');
  const { changedFiles } = await workspace.snapshot('m');
  expect(changedFiles).toEqual(['b.txt', 'folder', 'folder/c.txt', 'new.txt']);
  git('checkout', '--quiet', '-b', 'own-branch', '--force');
  await workspace[Symbol.asyncDispose]();
  const again = await openWorktreeWorkspace(pool, repository, second, never);
  expect(again.root).toBe(root);
  expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe('b\n');
  expect(git('status', '--porcelain')).toBe('');
  expect(git('rev-parse', 'HEAD').trim()).toBe(second);
  expect(existsSync(join(root, 'new.txt'))).toBe(false);
  expect((await again.snapshot('m')).changedFiles).toEqual([]);
});

test.each(['with a commit', 'without a commit'])('a repository made inside, %s, fails the subtask', async (kind) => {
  const { workspace, root } = await openWorktree(temporaryRepository());
  const inner = join(root, 'packages', 'sub');
  mkdirSync(inner, { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: inner, stdio: 'ignore' });
  git('init', '--quiet');
  writeFileSync(join(inner, 'x'), 'x');
  git('add', '--all');
  if (kind === 'with a commit') git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'x');
  await expect(workspace.snapshot('m')).rejects.toMatchObject({
    code: 'workspace-failed',
    failure: 'permanent',
    message: expect.stringContaining('packages/sub'),
    next: expect.stringContaining('packages/sub/.git'),
  });
});

test('an untouched file that git would normalise is not changed; a touched one is', async () => {
  const fixture = temporaryRepository({ 'crlf.txt': 'one\r\ntwo\r\n', 'other.txt': 'one\r\n' });
  fixture.write({ '.gitattributes': '*.txt text\n' });
  fixture.git('add', '.gitattributes');
  fixture.git('commit', '--quiet', '--message', 'attributes');
  const { workspace, root, pool, repository } = await openWorktree(fixture);
  expect((await workspace.snapshot('m')).changedFiles).toEqual([]);
  writeFileSync(join(root, 'other.txt'), 'two\r\n');
  const { changedFiles, commit } = await workspace.snapshot('m');
  expect(changedFiles).toEqual(['other.txt']);
  expect(fixture.git('diff', '--name-only', 'HEAD', commit ?? '')).toBe('other.txt');
  await workspace[Symbol.asyncDispose]();
  const again = await openWorktreeWorkspace(pool, repository, fixture.git('rev-parse', 'HEAD'), never);
  expect((await again.snapshot('m')).changedFiles).toEqual([]);
});

test('a change of the same length at once after the checkout is seen', async () => {
  const fixture = temporaryRepository({ 'a.txt': '0\n' });
  const { pool, repository } = await openPool(fixture);
  const base = fixture.git('rev-parse', 'HEAD');
  for (let round = 1; round <= 15; round += 1) {
    const workspace = await openWorktreeWorkspace(pool, repository, base, never);
    writeFileSync(join(workspace.root ?? '', 'a.txt'), `${round % 9 || 9}\n`);
    expect((await workspace.snapshot('m')).changedFiles).toEqual(['a.txt']);
    await workspace[Symbol.asyncDispose]();
  }
  const late = await openWorktreeWorkspace(pool, repository, base, never);
  writeFileSync(join(late.root ?? '', 'a.txt'), '1\n');
  await setTimeout(1_200);
  expect((await late.snapshot('m')).changedFiles).toEqual(['a.txt']);
});

test('folders that change places are changes, though no file in them was written', async () => {
  const fixture = temporaryRepository({ 'one/a.txt': '1\r\n', 'two/a.txt': '2\r\n' });
  fixture.write({ '.gitattributes': '*.txt text\n' });
  fixture.git('add', '.gitattributes');
  fixture.git('commit', '--quiet', '--message', 'attributes');
  const { workspace, root } = await openWorktree(fixture);
  renameSync(join(root, 'one'), join(root, 'three'));
  renameSync(join(root, 'two'), join(root, 'one'));
  renameSync(join(root, 'three'), join(root, 'two'));
  expect((await workspace.snapshot('m')).changedFiles).toEqual(['one/a.txt', 'two/a.txt']);
});

test('the repository’s own ignored files and modes count in a worktree', async () => {
  const fixture = temporaryRepository({ 'a.sh': 'a\n' });
  writeFileSync(join(fixture.folder, '.git', 'info', 'exclude'), 'local-only\n');
  const { workspace, root } = await openWorktree(fixture);
  writeFileSync(join(root, 'local-only'), 'x');
  execFileSync('chmod', ['+x', join(root, 'a.sh')]);
  const { changedFiles, commit } = await workspace.snapshot('m');
  expect(changedFiles).toEqual(['a.sh']);
  expect(fixture.git('ls-tree', commit ?? '', 'a.sh')).toMatch(/^100755 /);
});

test('what an attempt leaves in a `.fanfold` does not come into its commit', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a\n' });
  const { workspace, root } = await openWorktree(fixture);
  for (const place of ['.fanfold/runs/made-up', '.FANFOLD', 'part/.fanfold']) {
    mkdirSync(join(root, place), { recursive: true });
    writeFileSync(join(root, place, 'journal.jsonl'), 'made up\n');
  }
  expect(await workspace.snapshot('nothing else\n')).toEqual({ changedFiles: [] });
  writeFileSync(join(root, 'part', 'b.txt'), 'b\n');
  const { changedFiles, commit } = await workspace.snapshot('change\n');
  expect(changedFiles).toEqual(['part/b.txt']);
  expect(fixture.git('ls-tree', '-r', '--name-only', commit ?? '').split('\n')).toEqual(['a.txt', 'part/b.txt']);
});
