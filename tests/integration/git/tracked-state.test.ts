import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureStateFolder, openRepository, stateFolder, trackedState } from '../../../ipc/index.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';

test('of all that is Fanfold’s a repository may ship definitions of agents alone', async () => {
  const fixture = temporaryRepository();
  const repository = await openRepository(fixture.folder);
  fixture.commit({ '.fanfold/agents/reviewer.md': 'x', '.fanfold/agents/deep/a.md': 'x' });
  expect(await trackedState(repository)).toBeUndefined();
  fixture.commit({ '.fanfold/runs/x/journal.jsonl': 'x' });
  expect(await trackedState(repository)).toBe('.fanfold/runs/x/journal.jsonl');
  fixture.git('rm', '--cached', '--quiet', '-r', '.fanfold/runs');
  // Still in HEAD.
  expect(await trackedState(repository)).toBe('.fanfold/runs/x/journal.jsonl');
  fixture.git('commit', '--quiet', '--message', 'gone');
  expect(await trackedState(repository)).toBeUndefined();
});

test.each(['.Fanfold/agents/a.md', '.fanfold/Agents/a.md', '.fanfold/agents.md'])(
  '%s is no exception',
  async (path) => {
    const fixture = temporaryRepository();
    fixture.commit({ [path]: 'x' });
    expect(await trackedState(await openRepository(fixture.folder))).toBe(path);
  },
);

test('a link in the place of the folder is no exception', async () => {
  const fixture = temporaryRepository({ '.fanfold/other': 'x' });
  fixture.git('rm', '--quiet', '--cached', '.fanfold/other');
  symlinkSync('../elsewhere', join(fixture.folder, '.fanfold/agents'));
  fixture.git('add', '.fanfold/agents');
  fixture.git('commit', '--quiet', '--message', 'link');
  expect(await trackedState(await openRepository(fixture.folder))).toBe('.fanfold/agents');
});

test('git ignores all of the state’s folder but definitions, also where an earlier version made it', async () => {
  const fixture = temporaryRepository();
  const state = stateFolder(fixture.folder);
  await ensureStateFolder(state);
  const ignored = readFileSync(join(state.root, '.gitignore'), 'utf8');
  fixture.write({
    '.fanfold/agents/a.md': 'x',
    '.fanfold/agents/deep/b.md': 'x',
    '.fanfold/runs/r/journal.jsonl': 'x',
  });
  const untracked = () =>
    execFileSync('git', ['ls-files', '--others', '--exclude-standard'], { cwd: fixture.folder, encoding: 'utf8' });
  expect(untracked().trim().split('\n')).toEqual(['.fanfold/agents/a.md', '.fanfold/agents/deep/b.md']);
  writeFileSync(join(state.root, '.gitignore'), '*\n');
  await ensureStateFolder(state);
  expect(readFileSync(join(state.root, '.gitignore'), 'utf8')).toBe(ignored);
  writeFileSync(join(state.root, '.gitignore'), '# mine\n');
  await ensureStateFolder(state);
  expect(readFileSync(join(state.root, '.gitignore'), 'utf8')).toBe('# mine\n');
});
