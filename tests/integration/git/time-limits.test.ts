import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { moveBranch, openRepository, type Repository, runGit } from '../../../ipc/index.ts';
import { makePipe } from '../../support/make-pipe.ts';
import { type TestRepository, temporaryRepository } from '../../support/temporary-repository.ts';

async function open(): Promise<{ test: TestRepository; repository: Repository; head: string }> {
  const test = temporaryRepository();
  const repository = await openRepository(test.folder);
  if (repository === undefined) throw new Error('no repository');
  return { test, repository, head: test.git('rev-parse', 'HEAD') };
}

it('ends a git that waits for ever, after its limit or when cancelled', async () => {
  const { test } = await open();
  // Git opens ignore files without asking what they are.
  makePipe(join(test.folder, '.gitignore'));
  const startedAt = performance.now();
  await expect(runGit(['add', '--all'], { cwd: test.folder, limitMs: 300 })).rejects.toMatchObject({
    code: 'git-failed',
    failure: 'timeout',
    message: expect.stringContaining('git add did not end within 0.3 s'),
  });
  const reason = new Error('cancelled');
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 200);
  await expect(runGit(['add', '--all'], { cwd: test.folder, signal: controller.signal })).rejects.toBe(reason);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

it('never asks for a password or a name', async () => {
  const { test } = await open();
  const asking = runGit(['credential', 'fill'], {
    cwd: test.folder,
    input: 'protocol=https\nhost=localhost\n\n',
    limitMs: 30_000,
  });
  await expect(asking).rejects.toMatchObject({
    code: 'git-failed',
    message: expect.stringContaining('terminal prompts disabled'),
  });
});

it('names the lock that a killed git left, and what to do about it', async () => {
  const { test, repository, head } = await open();
  const lock = join(repository.commonFolder, 'refs/heads/landing.lock');
  writeFileSync(lock, '');
  const move = () => moveBranch(repository, 'landing', { from: undefined, to: head, reason: 'test' });
  await expect(move()).rejects.toMatchObject({
    code: 'git-failed',
    failure: 'transient',
    message: expect.stringContaining(lock),
    next: expect.stringContaining(`remove ${lock}`),
  });
  execFileSync('rm', [lock]);
  expect(await move()).toBe(true);
  expect(test.git('rev-parse', 'landing')).toBe(head);
});

it('waits for a lock that another git holds for a moment', async () => {
  const { repository, head } = await open();
  const lock = join(repository.commonFolder, 'refs/heads/landing.lock');
  writeFileSync(lock, '');
  setTimeout(() => execFileSync('rm', [lock]), 500);
  expect(await moveBranch(repository, 'landing', { from: undefined, to: head, reason: 'test' })).toBe(true);
});
