import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyFolderChanges } from '../../../ipc/index.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';
import { openCopy } from './open-test-workspace.ts';

test.each(['before the second snapshot', 'after it', 'at the same time'])(
  'two copies append to one file: the second is a conflict, with the first applied %s',
  async (when) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'list.txt'), 'start\n');
    const first = await openCopy(folder, 'first');
    const second = await openCopy(folder, 'second');
    for (const [name, { workspace }] of Object.entries({ first, second })) {
      appendFileSync(join(workspace.root ?? '', 'list.txt'), `${name}\n`);
    }
    await first.workspace.snapshot('m');
    if (when === 'before the second snapshot') await applyFolderChanges(first.attempt, folder);
    await second.workspace.snapshot('m');
    const results =
      when === 'at the same time'
        ? await Promise.all([first, second].map(({ attempt }) => applyFolderChanges(attempt, folder)))
        : [await applyFolderChanges(first.attempt, folder), await applyFolderChanges(second.attempt, folder)];
    expect(results.map(({ conflictedFiles }) => conflictedFiles.length).sort()).toEqual([0, 1]);
    expect(readFileSync(join(folder, 'list.txt'), 'utf8')).toMatch(/^start\n(first|second)\n$/);
    expect(readdirSync(folder).sort()).toEqual(['.fanfold', 'list.txt']);
  },
);

test('a file that was only rewritten with its content is no change, whatever others did to it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.txt'), 'a\n');
  const { workspace, attempt } = await openCopy(folder, 'only');
  writeFileSync(join(workspace.root ?? '', 'a.txt'), 'a\n');
  writeFileSync(join(folder, 'a.txt'), 'meanwhile\n');
  expect((await workspace.snapshot('m')).changedFiles).toEqual([]);
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: [] });
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('meanwhile\n');
});

test('modes, links, removals and files in place of folders are applied; pipes are left alone', async () => {
  const folder = temporaryFolder();
  for (const name of ['script.sh', 'gone.txt', 'becomes-folder', 'same.txt']) writeFileSync(join(folder, name), name);
  mkdirSync(join(folder, 'becomes-file', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'becomes-file', 'deep', 'x'), 'x');
  chmodSync(join(folder, 'script.sh'), 0o644);
  symlinkSync('same.txt', join(folder, 'old-link'));
  execFileSync('/usr/bin/env', ['mkfifo', join(folder, 'pipe')]);
  const { workspace, attempt } = await openCopy(folder, 'all');
  const root = workspace.root ?? '';
  expect(existsSync(join(root, 'pipe'))).toBe(false);
  execFileSync('/usr/bin/env', ['mkfifo', join(root, 'new-pipe')]);
  chmodSync(join(root, 'script.sh'), 0o755);
  rmSync(join(root, 'gone.txt'));
  rmSync(join(root, 'old-link'));
  symlinkSync('../same.txt', join(root, 'becomes-file', 'link'));
  rmSync(join(root, 'becomes-file'), { recursive: true });
  writeFileSync(join(root, 'becomes-file'), 'file');
  rmSync(join(root, 'becomes-folder'));
  mkdirSync(join(root, 'becomes-folder'));
  symlinkSync('../same.txt', join(root, 'becomes-folder', 'link'));
  const { changedFiles } = await workspace.snapshot('m');
  expect(changedFiles).toEqual([
    'becomes-file',
    'becomes-file/deep/x',
    'becomes-folder',
    'becomes-folder/link',
    'gone.txt',
    'old-link',
    'script.sh',
  ]);
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: [] });
  expect(statSync(join(folder, 'script.sh')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(folder, 'becomes-file'), 'utf8')).toBe('file');
  expect(readlinkSync(join(folder, 'becomes-folder', 'link'))).toBe('../same.txt');
  expect(readdirSync(folder).sort()).toEqual(
    ['.fanfold', 'becomes-file', 'becomes-folder', 'pipe', 'same.txt', 'script.sh'].sort(),
  );
});

test.each(['/etc/hostname', '../../outside'])('a new link to %s is refused, and nothing is applied', async (target) => {
  const folder = temporaryFolder();
  const { workspace, attempt } = await openCopy(folder, 'link');
  writeFileSync(join(workspace.root ?? '', 'a.txt'), 'a');
  symlinkSync(target, join(workspace.root ?? '', 'link'));
  await workspace.snapshot('m');
  await expect(applyFolderChanges(attempt, folder)).rejects.toMatchObject({ code: 'path-outside-workspace' });
  expect(readdirSync(folder)).toEqual(['.fanfold']);
});

test('the state of runs is neither copied nor changed by a copy, in any case and at any depth', async () => {
  const folder = temporaryFolder();
  const places = ['.fanfold/runs', '.FANFOLD', 'part/.fanfold'];
  for (const place of places) {
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, place, 'journal'), 'own');
  }
  const { workspace, attempt } = await openCopy(folder, 'state');
  const root = workspace.root ?? '';
  expect(readdirSync(root)).toEqual(['part']);
  for (const place of places) {
    mkdirSync(join(root, place), { recursive: true });
    writeFileSync(join(root, place, 'journal'), 'forged');
  }
  writeFileSync(join(root, 'part', 'a.txt'), 'a');
  expect((await workspace.snapshot('m')).changedFiles).toEqual(['part/a.txt']);
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: [] });
  for (const place of places) expect(readFileSync(join(folder, place, 'journal'), 'utf8')).toBe('own');
  writeFileSync(
    join(attempt, 'changes', 'manifest.json'),
    JSON.stringify([{ path: '.fanfold/runs/journal', before: null, after: null }]),
  );
  await expect(applyFolderChanges(attempt, folder)).rejects.toThrow('belongs to Fanfold');
});

test('a link does not carry a write into the state of runs', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'notes'));
  const { workspace, attempt } = await openCopy(folder, 'state-link');
  writeFileSync(join(workspace.root ?? '', 'notes', 'new'), 'forged');
  await workspace.snapshot('m');
  rmSync(join(folder, 'notes'), { recursive: true });
  mkdirSync(join(folder, '.fanfold', 'runs'), { recursive: true });
  symlinkSync('.fanfold/runs', join(folder, 'notes'));
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: ['notes/new'] });
  expect(readdirSync(join(folder, '.fanfold', 'runs'))).toEqual([]);
});

test('a link among the parents does not carry a write out of the folder', async () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  mkdirSync(join(folder, 'inside'));
  const { workspace, attempt } = await openCopy(folder, 'parents');
  writeFileSync(join(workspace.root ?? '', 'inside', 'a.txt'), 'a');
  await workspace.snapshot('m');
  rmSync(join(folder, 'inside'), { recursive: true });
  symlinkSync(outside, join(folder, 'inside'));
  expect(await applyFolderChanges(attempt, folder)).toEqual({ conflictedFiles: ['inside/a.txt'] });
  expect(readdirSync(outside)).toEqual([]);
});
