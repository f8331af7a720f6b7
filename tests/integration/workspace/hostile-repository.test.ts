import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { gitText, mergeCommits, readBlobs } from '../../../ipc/index.ts';
import { openWorktreeWorkspace } from '../../../worker/workspace/worktree-workspace.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';
import { never, open, openPool, openWorktree } from './open-test-workspace.ts';

const lines = (text: string): string => `${text.split('').join('\n')}\n`;

test('no configuration of the repository makes us run its commands', async () => {
  const marker = join(temporaryFolder(), 'ran');
  const fixture = temporaryRepository({
    '.gitattributes': 'a.txt filter=a=b diff=d\nb.txt filter=inner merge=m\n',
    'a.txt': 'a\n',
    'b.txt': 'b\n',
  });
  const command = `touch ${marker}; cat`;
  const inner = join(temporaryFolder(), 'inner');
  writeFileSync(inner, `[filter "inner"]\n\tsmudge = "${command}"\n\tclean = "${command}"\n\trequired = true\n`);
  fixture.git('config', 'filter.a=b.smudge', command);
  fixture.git('config', 'filter.a=b.clean', command);
  fixture.git('config', 'filter.a=b.required', 'true');
  fixture.git('config', 'includeIf.gitdir:**/worktrees/**.path', inner);
  for (const key of [
    'core.fsmonitor',
    'core.sshCommand',
    'core.editor',
    'core.pager',
    'core.alternateRefsCommand',
    'credential.helper',
    'diff.d.textconv',
    'diff.d.command',
    'diff.external',
    'gpg.program',
    'uploadpack.packObjectsHook',
  ]) {
    fixture.git('config', key, command);
  }
  fixture.git('config', 'commit.gpgSign', 'true');
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
    writeFileSync(join(fixture.folder, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  }
  const { pool, repository } = await openPool(fixture);
  const base = fixture.git('rev-parse', 'HEAD');
  rmSync(marker, { force: true });
  for (const content of ['first\n', 'second\n']) {
    const workspace = await openWorktreeWorkspace(pool, repository, base, never);
    const root = workspace.root ?? '';
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('a\n');
    writeFileSync(join(root, 'a.txt'), content);
    writeFileSync(join(root, 'b.txt'), content);
    const { changedFiles, commit } = await workspace.snapshot('change\n');
    expect(changedFiles).toEqual(['a.txt', 'b.txt']);
    const merge = await mergeCommits(repository, { ours: base, theirs: commit ?? '', message: 'm' });
    expect(merge.merged).toBe(true);
    await workspace[Symbol.asyncDispose]();
  }
  expect(existsSync(marker)).toBe(false);
});

test('a merge driver of the repository never runs and loses nothing: its files are merged as text', async () => {
  const fixture = temporaryRepository({ '.gitattributes': '*.txt merge=keep-ours\n', 'a.txt': lines('abcdefgh') });
  const marker = join(temporaryFolder(), 'ran');
  fixture.git('config', 'merge.keep-ours.driver', `touch ${marker}`);
  const base = fixture.git('rev-parse', 'HEAD');
  const ours = fixture.commit({ 'a.txt': lines('Abcdefgh') });
  fixture.git('checkout', '--quiet', '--detach', base);
  const theirs = fixture.commit({ 'a.txt': lines('abcdefgH') });
  fixture.git('checkout', '--quiet', '--detach', base);
  const clash = fixture.commit({ 'a.txt': lines('Xbcdefgh') });
  const repository = await open(fixture);
  const merge = await mergeCommits(repository, { ours, theirs, message: 'm' });
  expect(merge.merged && fixture.read(merge.commit, 'a.txt')).toBe(lines('AbcdefgH'));
  expect(await mergeCommits(repository, { ours, theirs: clash, message: 'm' })).toEqual({
    merged: false,
    conflictedFiles: ['a.txt'],
  });
  expect(existsSync(marker)).toBe(false);
});

test('a missing object is an error; the command of a promisor remote is not run', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a\n' });
  const marker = join(temporaryFolder(), 'ran');
  const blob = fixture.git('rev-parse', 'HEAD:a.txt');
  const base = fixture.git('rev-parse', 'HEAD');
  const repository = await open(fixture);
  rmSync(join(fixture.folder, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
  fixture.git('config', 'core.repositoryFormatVersion', '1');
  fixture.git('config', 'extensions.partialClone', 'evil');
  fixture.git('config', 'remote.evil.promisor', 'true');
  fixture.git('config', 'remote.evil.url', temporaryRepository().folder);
  fixture.git('config', 'remote.evil.uploadpack', `touch ${marker}; git-upload-pack`);
  fixture.git('config', 'protocol.allow', 'always');
  fixture.git('config', 'protocol.file.allow', 'always');
  await expect(readBlobs(repository, [blob])).rejects.toMatchObject({
    code: 'git-failed',
    next: expect.stringContaining('missing objects'),
  });
  const { pool } = await openPool(fixture);
  await expect(pool.acquire(base, never)).rejects.toMatchObject({ code: 'workspace-failed' });
  expect(existsSync(marker)).toBe(false);
});

test('a submodule that the subtask filled does not make us run what its configuration names', async () => {
  const fixture = temporaryRepository({ 'a.txt': 'a\n' });
  fixture.git('update-index', '--add', '--cacheinfo', `160000,${fixture.git('rev-parse', 'HEAD')},module`);
  fixture.git('commit', '--quiet', '--message', 'module');
  const { workspace, root } = await openWorktree(fixture);
  const marker = join(temporaryFolder(), 'ran');
  const module = join(root, 'module');
  mkdirSync(module, { recursive: true });
  const inner = temporaryRepository({ '.gitattributes': '* filter=evil\n', 'b.txt': 'b\n' });
  inner.git('clone', '--quiet', '--no-local', inner.folder, module);
  inner.git('-C', module, 'config', 'filter.evil.clean', `touch ${marker}; cat`);
  inner.git('-C', module, 'config', 'core.fsmonitor', `touch ${marker}`);
  writeFileSync(join(module, 'b.txt'), 'c\n');
  writeFileSync(join(root, 'a.txt'), 'changed\n');
  expect((await workspace.snapshot('m')).changedFiles).toEqual(['a.txt']);
  expect(existsSync(marker)).toBe(false);
});

test('git gets no secrets of the environment', async () => {
  const fixture = temporaryRepository();
  process.env['FANFOLD_TEST_API_KEY_FILE'] = 'hidden-value-1';
  process.env['FANFOLD_TEST_PASSWORD_OLD'] = 'hidden-value-2';
  try {
    // An alias that runs a command, which the test itself sets: git's own environment becomes visible.
    const environment = await gitText(['show-environment'], {
      cwd: fixture.folder,
      settings: [['alias.show-environment', '!env']],
    });
    expect(environment).toContain('HOME=');
    expect(environment).not.toContain('hidden-value');
  } finally {
    delete process.env['FANFOLD_TEST_API_KEY_FILE'];
    delete process.env['FANFOLD_TEST_PASSWORD_OLD'];
  }
});

test.each([
  ['HOME', '.', '.gitconfig'],
  ['XDG_CONFIG_HOME', 'own', 'own/git/config'],
])('configuration that a relative %s names is not read', async (variable, value, path) => {
  const { folder } = temporaryRepository({ [path]: '[fanfold]\n\tfound = yes\n' });
  const home = temporaryFolder();
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  const found = () => gitText(['config', '--get', '--default', 'no', 'fanfold.found'], { cwd: folder });
  vi.stubEnv(variable, value);
  expect(await found()).toBe('no');
  writeFileSync(join(home, '.gitconfig'), '[fanfold]\n\tfound = own\n');
  vi.stubEnv('HOME', home);
  expect(await found()).toBe('own');
  vi.unstubAllEnvs();
});
