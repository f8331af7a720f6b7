import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftovers } from '../support/leftovers.ts';
import { eventsOf, markAndWaitFor, type SharedRun, startSharedRun } from '../support/outside-workers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

function subtask(id: string, waitsFor = 'go'): string {
  return `  - { id: ${id}, run: "${markAndWaitFor(id, waitsFor)}; echo ${id} > ${id}" }\n`;
}

function taskFile(...subtasks: string[]): string {
  return `version: 1\nname: shared\nsubtasks:\n${subtasks.join('')}`;
}

/** Which of these subtasks that process works on. */
function heldBy({ workersOf }: SharedRun, pid: number | undefined, ids: readonly string[]): string[] {
  return ids.filter((id) => pid !== undefined && workersOf(id).includes(pid));
}

const six = ['a', 'b', 'c', 'd', 'e', 'f'];

test('two worker processes share the work of a run with its own thread, and everybody ends by itself', async () => {
  const shared = startSharedRun(taskFile(...six.map((id) => subtask(id))));
  await until(() => heldBy(shared, shared.run.child.pid, six).length === 1, 'its own thread works');
  const workers = [shared.startWorker('--json'), shared.startWorker()];
  for (const { child } of workers) {
    await until(() => heldBy(shared, child.pid, six).length === 1, 'each worker has a subtask');
  }
  shared.make('go');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { total: 6, landed: 6 } });
  const [first, second] = await Promise.all(workers.map(({ ended }) => ended));
  expect(first?.exitCode, first?.stderr).toBe(0);
  expect(second?.exitCode, second?.stderr).toBe(0);
  expect(first?.events().at(-1)).toMatchObject({ type: 'notice', message: expect.stringContaining('has ended') });
  expect(first?.events().some((event) => event.type === 'attempt-end' && event.result === 'changed')).toBe(true);
  expect(second?.stdout).toMatch(/\d changed 1 file|[a-f] changed 1 file/);
  const names = new Set(result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.worker] : [])));
  expect([...names].filter((name) => /^outside-[0-9a-z]{6}-1$/.test(name))).toHaveLength(2);
  expect(names).toContain('worker-1');
  const joined = result.events().flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  expect(joined.filter((message) => /outside-\w+ joined: 1 at a time/.test(message))).toHaveLength(2);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('a worker that is stopped at once gives its subtask back, and nobody is blamed', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b')));
  await until(() => heldBy(shared, shared.run.child.pid, ['a', 'b']).length === 1, 'its own thread works');
  const worker = shared.startWorker();
  await until(() => heldBy(shared, worker.child.pid, ['a', 'b']).length === 1, 'the worker has the other');
  const [given = ''] = heldBy(shared, worker.child.pid, ['a', 'b']);
  worker.child.kill('SIGINT');
  await until(() => worker.stderr().includes('again to give it back'), 'the first is taken');
  worker.child.kill('SIGINT');
  expect((await worker.ended).exitCode).toBe(130);
  shared.make('go');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2, cancelled: 0 } });
  expect(shared.workersOf(given)).toHaveLength(2);
  const ended = result.events().filter((event) => event.type === 'attempt-end' && event.subtask === given);
  expect(ended).toMatchObject([{ attempt: 1, worker: 'worker-1', result: 'changed' }]);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('SIGTERM once finishes what is at hand, with 143', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b')));
  await until(() => heldBy(shared, shared.run.child.pid, ['a', 'b']).length === 1, 'its own thread works');
  const worker = shared.startWorker();
  await until(() => heldBy(shared, worker.child.pid, ['a', 'b']).length === 1, 'the worker has the other');
  worker.child.kill('SIGTERM');
  await until(() => worker.stderr().includes('again to give it back'), 'it is taken');
  shared.make('go');
  expect((await worker.ended).exitCode).toBe(143);
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  const workers = result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.worker] : []));
  expect(workers.some((name) => name.startsWith('outside-'))).toBe(true);
});

test('a paused run starts nothing, with whoever joins, until it continues', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b', 'end'), subtask('c', 'end')));
  const { folder } = shared.repository;
  await until(() => shared.workersOf('a').length === 1, 'the first runs');
  const paused = await runFanfold(['pause'], { folder });
  expect(paused.exitCode, paused.stderr).toBe(0);
  expect(paused.stdout).toMatch(/starts nothing more.*fanfold continue shared-/);
  const worker = shared.startWorker();
  const said = (text: string) => () =>
    shared.events().some((event) => event.type === 'notice' && event.message.includes(text));
  await until(said('joined'), 'the worker has joined');
  shared.make('go');
  await until(
    () => shared.events().some((event) => event.type === 'subtask-end' && event.subtask === 'a'),
    'what was at hand has landed',
  );
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect([shared.workersOf('b'), shared.workersOf('c')]).toEqual([[], []]);
  const goesOn = await runFanfold(['continue'], { folder });
  expect(goesOn.exitCode, goesOn.stderr).toBe(0);
  await until(() => [...shared.workersOf('b'), ...shared.workersOf('c')].length === 2, 'both others run');
  expect(heldBy(shared, worker.child.pid, ['b', 'c'])).toHaveLength(1);
  shared.make('end');
  expect((await shared.run.ended).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
  expect((await worker.ended).exitCode).toBe(0);
  const late = await runFanfold(['pause', 'shared'], { folder });
  expect(late.exitCode).toBe(2);
  expect(late.stderr).toMatch(/is not at work/);
});

test('one subtask is cancelled wherever it is: at a worker, at an own thread, not yet started', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b'), subtask('c'), subtask('d')));
  const { folder } = shared.repository;
  await until(() => shared.workersOf('a').length === 1, 'its own thread has the first');
  const worker = shared.startWorker();
  await until(() => heldBy(shared, worker.child.pid, ['b']).length === 1, 'the worker has the second');
  const unknown = await runFanfold(['cancel', '--subtask', 'x'], { folder });
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toMatch(/no subtask "x"[\s\S]*a, b, c, d/);
  for (const id of ['d', 'b', 'a']) {
    const cancelled = await runFanfold(['cancel', '--subtask', id], { folder });
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect(cancelled.stdout).toBe(`${id} is cancelled.\n`);
  }
  shared.make('go');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 1, subtasks: { landed: 1, cancelled: 3 } });
  expect(shared.workersOf('d')).toEqual([]);
  expect((await worker.ended).exitCode).toBe(0);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('Ctrl-C at the run finishes what workers have at hand; cancelling it ends that too', async () => {
  for (const how of ['SIGINT', 'cancel'] as const) {
    const shared = startSharedRun(taskFile(subtask('a'), subtask('b'), subtask('c')));
    await until(() => shared.workersOf('a').length === 1, 'its own thread works');
    const worker = shared.startWorker();
    await until(() => heldBy(shared, worker.child.pid, ['b']).length === 1, 'the worker has the second');
    if (how === 'SIGINT') {
      shared.run.child.kill('SIGINT');
      await until(() => shared.run.stderr().includes('again to stop'), 'it is taken');
      shared.make('go');
    } else {
      const cancelled = await runFanfold(['cancel'], { folder: shared.repository.folder });
      expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    }
    const landed = how === 'SIGINT' ? 2 : 0;
    expect((await shared.run.ended).end()).toMatchObject({
      exitCode: 130,
      subtasks: { landed, cancelled: 3 - landed },
    });
    expect((await worker.ended).exitCode).toBe(0);
    expect(shared.workersOf('c')).toEqual([]);
    expect(leftovers(shared.repository)).toEqual([]);
  }
});

test('a worker of a dead coordinator finishes, answers into the mailbox and ends; resuming takes that in', async () => {
  const shared = startSharedRun(taskFile(subtask('a', 'end'), subtask('b')));
  const { folder } = shared.repository;
  await until(() => shared.workersOf('a').length === 1, 'its own thread works');
  const worker = shared.startWorker();
  await until(() => heldBy(shared, worker.child.pid, ['b']).length === 1, 'the worker has the other');
  shared.run.child.kill('SIGKILL');
  await shared.run.ended;
  shared.make('go');
  const ended = await worker.ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(ended.stdout).toMatch(/b changed 1 file[\s\S]*coordinator of shared-\S+ is gone.*fanfold resume/);
  shared.make('end');
  const resumed = await runFanfold(['resume', '--json'], { folder });
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.end()).toMatchObject({ subtasks: { landed: 2 } });
  expect(shared.workersOf('b')).toEqual([worker.child.pid]);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('a worker that outlives its coordinator joins the next one', async () => {
  const shared = startSharedRun(taskFile(subtask('a', 'end'), subtask('b', 'end'), subtask('c', 'end')));
  const { folder } = shared.repository;
  await until(() => shared.workersOf('a').length === 1, 'its own thread works');
  const worker = shared.startWorker('--json');
  await until(() => heldBy(shared, worker.child.pid, ['b']).length === 1, 'the worker has the second');
  // Suspended, it does not notice that there is no coordinator for a moment.
  worker.child.kill('SIGSTOP');
  shared.run.child.kill('SIGKILL');
  await shared.run.ended;
  const resumed = startFanfold(['resume', '--json', '--threads', '1', '--concurrency', '1'], { folder });
  await until(() => eventsOf(resumed).some(({ type }) => type === 'run-start'), 'the next one is at work');
  worker.child.kill('SIGCONT');
  await until(
    () => eventsOf(resumed).some((event) => event.type === 'notice' && event.message.includes('joined')),
    'the worker has joined',
  );
  shared.make('end');
  const result = await resumed.ended;
  expect(result.end(), result.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
  expect((await worker.ended).exitCode).toBe(0);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('what is no mailbox of a run at work is refused with what to do', async () => {
  const repository = temporaryRepository({ 'fanfold.yml': taskFile('  - { id: a, run: "echo a > a" }\n') });
  const { folder } = repository;
  const none = await runFanfold(['worker'], { folder });
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toMatch(/No run below .* is at work[\s\S]*fanfold run/);
  expect((await runFanfold(['run', 'fanfold.yml'], { folder })).exitCode).toBe(0);
  const [run = ''] = readdirSync(join(folder, '.fanfold/runs'));
  const over = await runFanfold(['worker', '--mailbox', join('.fanfold/runs', run, 'mailbox')], { folder });
  expect(over.exitCode).toBe(2);
  expect(over.stderr).toMatch(/is not at work/);
  for (const place of [folder, join(folder, 'nowhere'), temporaryFolder(), join(folder, '.fanfold/runs', run)]) {
    const refused = await runFanfold(['worker', '--mailbox', place], { folder });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/is not the mailbox of a run[\s\S]*\.fanfold\/runs\/<run>\/mailbox/);
  }
  const both = await runFanfold(['worker', 'shared', '--mailbox', '.'], { folder });
  expect(both.exitCode).toBe(2);
  for (const args of [
    ['worker', '--concurrency', '0'],
    ['run', 'fanfold.yml', '--lease', '1'],
  ]) {
    const refused = await runFanfold(args, { folder });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/takes/);
  }
  expect(leftovers(repository)).toEqual([]);
});
