import { expect, test } from 'vitest';
import { openMailbox } from '../../ipc/index.ts';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { leftovers } from '../support/leftovers.ts';
import { markAndWaitFor, type SharedRun, startSharedRun } from '../support/outside-workers.ts';
import { until } from '../support/run-fanfold.ts';

function taskFile(...subtasks: string[]): string {
  return `version: 1\nname: shared\nsubtasks:\n${subtasks.join('')}`;
}

function subtask(id: string, waitsFor = 'go', needs = ''): string {
  return `  - { id: ${id}, needs: [${needs}], run: "${markAndWaitFor(id, waitsFor)}; echo ${id} > ${id}" }\n`;
}

function notices(events: readonly FanfoldEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
}

/** How a subtask came to its end, as the journal of the run tells. */
function endsOf(events: readonly FanfoldEvent[], id: string) {
  return {
    attempts: events.filter((event) => event.type === 'attempt-end' && event.subtask === id),
    merges: events.filter((event) => event.type === 'merge-end' && event.landed.includes(id)),
    ends: events.filter((event) => event.type === 'subtask-end' && event.subtask === id),
  };
}

async function endOf({ repository, run }: SharedRun, id: string): Promise<void> {
  const { folder } = repository;
  await until(() => run.stdout().includes(`"type":"subtask-end","subtask":"${id}"`), `${id} has ended in ${folder}`);
}

test('a worker process that is killed loses its subtask to another, within seconds', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b', 'end')));
  await until(() => shared.workersOf('a').length === 1, 'the own thread has the first');
  const worker = shared.startWorker();
  await until(() => shared.workersOf('b').length === 1, 'the worker has the second');
  worker.child.kill('SIGKILL');
  const killed = performance.now();
  await worker.ended;
  shared.make('go');
  await until(() => shared.workersOf('b').length === 2, 'the own thread has taken it over');
  // With the default lease a worker that can't be looked at is given 35 s; that a process is gone is seen at once.
  expect(performance.now() - killed).toBeLessThan(7_000);
  shared.make('end');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(notices(result.events()).some((message) => /^outside-\w+ died/.test(message))).toBe(true);
  expect(endsOf(result.events(), 'b')).toMatchObject({
    attempts: [{ attempt: 1, worker: 'worker-1' }],
    merges: [{}],
    ends: [{ status: 'landed' }],
  });
  expect(leftovers(shared.repository)).toEqual([]);
});

test('a worker stopped past its lease finds its subtask done by another: its own result is nowhere', async () => {
  const shared = startSharedRun(taskFile(subtask('a'), subtask('b'), subtask('last', 'end', 'b')));
  await until(() => shared.workersOf('a').length === 1, 'the own thread has the first');
  const worker = shared.startWorker('--json');
  await until(() => shared.workersOf('b').length === 1, 'the worker has the second');
  worker.child.kill('SIGSTOP');
  const stopped = performance.now();
  // Its command ends meanwhile, so that it has a result to hand in when it wakes up.
  shared.make('go');
  await endOf(shared, 'b');
  expect(performance.now() - stopped).toBeGreaterThan(2_900);
  worker.child.kill('SIGCONT');
  await until(() => shared.workersOf('last').length === 1, 'somebody has the last');
  shared.make('end');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
  expect(endsOf(result.events(), 'b')).toMatchObject({
    attempts: [{ attempt: 1, worker: 'worker-1' }],
    merges: [{}],
    ends: [{ status: 'landed', attempts: 1 }],
  });
  const late = await worker.ended;
  expect(late.exitCode, late.stderr).toBe(0);
  expect(endsOf(late.events(), 'b').attempts).toEqual([]);
  expect(shared.repository.git('log', '--merges', '--format=%s', 'fanfold/shared').split('\n').sort()).toEqual([
    'Merge a',
    'Merge b',
    'Merge last',
  ]);
  expect(leftovers(shared.repository)).toEqual([]);
});

test('a subtask that kills its worker each time is given up after three, and the others go on', async () => {
  const shared = startSharedRun(
    taskFile(
      subtask('hold'),
      '  - { id: poison, run: "kill -9 $PPID; sleep 60" }\n',
      '  - { id: x, run: "echo x > x" }\n',
      '  - { id: y, run: "echo y > y" }\n',
    ),
  );
  await until(() => shared.workersOf('hold').length === 1, 'the own thread is busy');
  for (let loss = 1; loss <= 3; loss += 1) {
    const { ended } = shared.startWorker();
    expect(await ended).toMatchObject({ exitCode: null });
    await until(
      () => notices(shared.events()).filter((message) => / died/.test(message)).length === loss,
      'it is told',
    );
  }
  await endOf(shared, 'poison');
  shared.make('go');
  const result = await shared.run.ended;
  expect(result.end()).toMatchObject({ exitCode: 1, subtasks: { landed: 3, failed: 1 } });
  expect(endsOf(result.events(), 'poison').ends).toMatchObject([
    { status: 'failed', error: { code: 'worker-lost', message: expect.stringContaining('lost 3 times') } },
  ]);
  await using mailbox = openMailbox(`${result.end().folder}/mailbox`);
  const dead = (await mailbox.list('workers')).filter(({ state }) => state === 'dead');
  expect(dead).toMatchObject([{ id: 'poison-1', epoch: 3 }]);
  expect(leftovers(shared.repository)).toEqual([]);
});
