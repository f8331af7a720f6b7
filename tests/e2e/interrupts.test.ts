import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { folderLeftovers, leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

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
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
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

const slowGate = `version: 1
name: gated
checks: [{ name: slow, run: "touch ../../../gate-started; sleep 60", on: [merged] }]
subtasks: [{ id: a, run: "echo a > a" }, { id: b, run: "echo b > b" }]
`;

test('Ctrl-C twice during a gate ends it too, and nothing lands', async () => {
  const repository = temporaryRepository({ '.gitignore': 'gate-started\n', 'fanfold.yml': slowGate });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  await until(() => existsSync(join(repository.folder, 'gate-started')), 'the gate runs');
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  const begun = Date.now();
  run.child.kill('SIGINT');
  const end = (await run.ended).end();
  expect(Date.now() - begun).toBeLessThan(15_000);
  expect(end).toMatchObject({ status: 'interrupted', exitCode: 130, subtasks: { landed: 0, cancelled: 2, failed: 0 } });
  expect(repository.git('branch', '--list', 'fanfold/*')).toBe('');
  expect(leftovers(repository)).toEqual([]);
});

test('Ctrl-C twice during a gate outside git is not success', async () => {
  const folder = temporaryFolder();
  const marker = join(folder, 'gate-started');
  writeFileSync(
    join(folder, 'fanfold.yml'),
    `version: 1\nname: gated\ndefaults: { workspace: none }\nchecks: [{ name: slow, run: "touch ${marker}; sleep 60", on: [merged] }]\nsubtasks: [{ id: a, run: "true" }]\n`,
  );
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder });
  await until(() => existsSync(marker), 'the gate runs');
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  run.child.kill('SIGINT');
  expect((await run.ended).end()).toMatchObject({ status: 'interrupted', exitCode: 130 });
  expect(folderLeftovers(folder)).toEqual([]);
});

test('what a killed coordinator left is gone after the next run', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  run.child.kill('SIGKILL');
  await run.ended;
  expect(leftovers(repository)).not.toEqual([]);
  await until(async () => {
    // The dead coordinator's lock counts as held until it is stale.
    const { stdout } = await runFanfold(['status', '--json'], { folder: repository.folder });
    return JSON.parse(stdout)[0].atWork === false;
  }, 'the dead run is known to be dead');
  const next = await runFanfold(['run', 'fanfold.yml', '--json', '--into', 'other'], { folder: repository.folder });
  expect(next.exitCode).toBe(0);
  expect(leftovers(repository).filter((entry) => !/coordinator\.lock|\/bells\//.test(entry))).toEqual([]);
});

test('a command that leaves its process group does not outlive the run', async () => {
  const repository = temporaryRepository({
    'fanfold.yml': 'version: 1\nname: escape\nsubtasks: [{ id: a, run: "setsid sleep 300 & echo a > a; sleep 0.3" }]\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  expect(run.exitCode).toBe(0);
  expect(leftovers(repository)).toEqual([]);
});

test('a journal that can not be written ends the run, with nothing left behind', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  const [name = ''] = readdirSync(join(repository.folder, '.fanfold', 'runs'));
  appendFileSync(join(repository.folder, '.fanfold', 'runs', name, 'journal.jsonl'), 'foreign\n');
  const result = await run.ended;
  expect(result.end()).toMatchObject({ status: 'failed', exitCode: 6, error: { code: 'journal-failed' } });
  expect(result.stderr).toBe('');
  expect(leftovers(repository)).toEqual([]);
});

test('a run that is only suspended is left alone by the next one', async () => {
  const { repository, run, started } = start();
  await until(started, 'both commands run');
  run.child.kill('SIGSTOP');
  const other = 'version: 1\nname: other\nsubtasks: [{ id: o, run: "echo o > o" }]\n';
  repository.write({ 'other.yml': other });
  const next = await runFanfold(['run', 'other.yml', '--json'], { folder: repository.folder });
  expect(next.exitCode, next.stderr).toBe(0);
  run.child.kill('SIGCONT');
  expect((await run.ended).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 4 } });
});

test('a run inside a run ends with it, and its commands too', async () => {
  const repository = temporaryRepository({
    'inner.yml': 'version: 1\nname: inner\nsubtasks: [{ id: i, run: "sleep 300" }]\n',
    'outer.yml': `version: 1
name: outer
defaults: { retries: 0 }
subtasks: [{ id: o, run: '"$NODE" "$FANFOLD" run inner.yml --repo .', timeout: 3s }]
`,
  });
  const environment = { NODE: process.execPath, FANFOLD: resolve(import.meta.dirname, '../../dist/cli.js') };
  const run = await runFanfold(['run', 'outer.yml', '--json'], { folder: repository.folder, environment });
  expect(run.end()).toMatchObject({ exitCode: 1, subtasks: { failed: 1 } });
  expect(leftovers(repository).filter((entry) => entry.startsWith('process'))).toEqual([]);
});
