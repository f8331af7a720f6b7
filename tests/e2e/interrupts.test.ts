import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const taskFile = `version: 1
name: long
concurrency: 2
subtasks:
  - { id: a, run: "touch ../../../started-a; sleep 1.5; echo a > a" }
  - { id: b, run: "touch ../../../started-b; sleep 1.5; echo b > b" }
  - { id: c, run: "echo c > c" }
  - { id: d, run: "echo d > d" }
`;

function start() {
  const repository = temporaryRepository({ '.gitignore': 'started-*\n', 'fanfold.yml': taskFile });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  const started = () => ['a', 'b'].every((name) => existsSync(join(repository.folder, `started-${name}`)));
  return { repository, run, started };
}

test('Ctrl-C once finishes what is at hand and starts nothing more', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  run.child.kill('SIGINT');
  const result = await run.ended;
  expect(result.exitCode).toBe(130);
  expect(result.end()).toMatchObject({ status: 'interrupted', exitCode: 130, subtasks: { landed: 2, cancelled: 2 } });
  expect(repository.read('fanfold/long', 'a')).toBe('a\n');
  expect(result.stderr).toMatch(/again to stop now/);
  expect(leftovers(repository)).toEqual([]);
});

test('Ctrl-C twice stops now and leaves nothing behind', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  const begun = Date.now();
  run.child.kill('SIGINT');
  run.child.kill('SIGINT');
  const result = await run.ended;
  expect(Date.now() - begun).toBeLessThan(10_000);
  expect(result.exitCode).toBe(130);
  expect(result.end()).toMatchObject({ status: 'interrupted', subtasks: { landed: 0, cancelled: 4 } });
  expect(leftovers(repository)).toEqual([]);
});

test('SIGTERM ends like Ctrl-C, with 143', async () => {
  const { run, started } = start();
  await until(started, 'both commands run');
  run.child.kill('SIGTERM');
  expect((await run.ended).end()).toMatchObject({ status: 'interrupted', exitCode: 143 });
});

test('cancel ends a run from another process, status and logs tell', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  const during = await runFanfold(['status', '--json'], { folder: repository.folder });
  expect(JSON.parse(during.stdout)).toMatchObject([{ name: 'long', atWork: true }]);
  const cancel = await runFanfold(['cancel', 'long'], { folder: repository.folder });
  expect(cancel.exitCode, cancel.stderr).toBe(0);
  const result = await run.ended;
  expect(result.end()).toMatchObject({ status: 'cancelled', exitCode: 130 });
  const after = await runFanfold(['status', 'long'], { folder: repository.folder });
  expect(after.stdout).toMatch(/cancelled/);
  const logs = await runFanfold(['logs', 'long', 'a'], { folder: repository.folder });
  expect(logs.exitCode, logs.stderr).toBe(0);
  expect(logs.stdout).toContain('output.log');
  const again = await runFanfold(['cancel', 'long'], { folder: repository.folder });
  expect(again.exitCode).toBe(2);
  expect(leftovers(repository)).toEqual([]);
});
