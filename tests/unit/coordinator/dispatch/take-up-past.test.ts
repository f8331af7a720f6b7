import { expect, test } from 'vitest';
import type { Past } from '../../../../coordinator/dispatch/past.ts';
import { createScheduler } from '../../../../coordinator/dispatch/scheduler.ts';
import { takeUpPast } from '../../../../coordinator/dispatch/take-up-past.ts';
import type { Envelope, Outcome } from '../../../../ipc/index.ts';
import type { Subtask } from '../../../../tasks/index.ts';
import { sampleSubtask } from '../sample-subtask.ts';

const subtask = (id: string, needs: string[] = []) => sampleSubtask(id, { needs, writes: [id] });

function takeUp(subtasks: Subtask[], past: Record<string, Past>, concurrency = 8) {
  const told: string[] = [];
  const scheduler = createScheduler({ subtasks, concurrency, files: [] });
  const messages = takeUpPast(subtasks, new Map(Object.entries(past)), {
    scheduler,
    handOut: ({ id }, attempt) => ({ envelope: { id: `${id}-${attempt}` } as Envelope }),
    goOnFrom: (id, continues) => continues && told.push(`${id} goes on from ${continues.attempt}`),
    answered: (id, attempt) => told.push(`${id}-${attempt} answered`),
    judge: ({ id }) => told.push(`${id} judged`),
    landed: ({ id }) => told.push(`${id} landed`),
    lost: (lost, need) => told.push(...lost.map(({ id }) => `${id} lost with ${need}`)),
  });
  return { told, scheduler, published: messages.map(({ envelope }) => envelope.id) };
}

const outcome = {} as Outcome;

test('each subtask is put back to where it was left', () => {
  const subtasks = ['settled', 'out', 'ended', 'landed', 'again', 'fresh'].map((id) => subtask(id));
  const { told, scheduler, published } = takeUp(subtasks, {
    settled: { kind: 'settled', satisfied: true },
    out: { kind: 'out', attempts: 2, forgiven: 0 },
    ended: { kind: 'ended', outcome, attempts: 1, forgiven: 0 },
    landed: { kind: 'landed', commit: 'c', attempts: 1, forgiven: 0 },
    again: { kind: 'again', attempts: 3, forgiven: 3, continues: { attempt: 3 } },
  });
  expect(published).toEqual(['out-2']);
  expect(told).toEqual([
    'ended-1 answered',
    'ended judged',
    'landed-1 answered',
    'landed landed',
    // An answer of the attempt before may be delivered once more: it must not end the next one.
    'again-3 answered',
    'again goes on from 3',
  ]);
  expect(scheduler.next()).toMatchObject({ subtask: { id: 'again' }, attempt: 4 });
  expect(scheduler.next()).toMatchObject({ subtask: { id: 'fresh' }, attempt: 1 });
  expect(scheduler.next()).toBeUndefined();
});

test('what is out counts against the limit and holds its write-set; what waits for its verdict holds that only', () => {
  const shared = (id: string) => ({ ...subtask(id), writes: ['same'] });
  const { scheduler } = takeUp(
    [shared('ended'), shared('blocked'), subtask('out'), subtask('free')],
    {
      ended: { kind: 'ended', outcome, attempts: 1, forgiven: 0 },
      out: { kind: 'out', attempts: 1, forgiven: 0 },
    },
    2,
  );
  expect(scheduler.next()).toMatchObject({ subtask: { id: 'free' } });
  expect(scheduler.next()).toBeUndefined();
  scheduler.settle('ended', true);
  scheduler.returned('out');
  expect(scheduler.next()).toMatchObject({ subtask: { id: 'blocked' } });
});

test('what needs a subtask that stays failed can never start', () => {
  const { told, scheduler } = takeUp([subtask('a'), subtask('b', ['a'])], {
    a: { kind: 'settled', satisfied: false },
    b: { kind: 'settled', satisfied: false },
  });
  expect(told).toEqual(['b lost with a']);
  expect(scheduler.done()).toBe(true);
});
