import { expect, test } from 'vitest';
import { createScheduler, type Scheduler } from '../../../../coordinator/dispatch/scheduler.ts';
import { sampleSubtask as subtask } from '../sample-subtask.ts';

function takeAll(scheduler: Scheduler): string[] {
  const taken: string[] = [];
  for (let next = scheduler.next(); next !== undefined; next = scheduler.next()) taken.push(next.subtask.id);
  return taken;
}

test('no more than the limit is out at once, and a returned one frees its slot before it is settled', () => {
  const scheduler = createScheduler({ subtasks: ['a', 'b', 'c'].map((id) => subtask(id)), concurrency: 2, files: [] });
  expect(takeAll(scheduler)).toEqual(['a', 'b']);
  scheduler.returned('a');
  expect(takeAll(scheduler)).toEqual(['c']);
  expect(scheduler.done()).toBe(false);
});

test('the limit grows with workers that join and shrinks when they leave', () => {
  const subtasks = ['a', 'b', 'c', 'd'].map((id) => subtask(id));
  const scheduler = createScheduler({ subtasks, concurrency: 1, files: [] });
  expect(takeAll(scheduler)).toEqual(['a']);
  scheduler.resize(3);
  expect(takeAll(scheduler)).toEqual(['b', 'c']);
  scheduler.resize(1);
  scheduler.returned('a');
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.returned('b');
  scheduler.returned('c');
  expect(takeAll(scheduler)).toEqual(['d']);
});

test('a subtask waits for what it needs to be settled, not only returned', () => {
  const subtasks = [subtask('a'), subtask('b', { needs: ['a'] })];
  const scheduler = createScheduler({ subtasks, concurrency: 8, files: [] });
  expect(takeAll(scheduler)).toEqual(['a']);
  scheduler.returned('a');
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.settle('a', true);
  expect(takeAll(scheduler)).toEqual(['b']);
});

test('what needs a failed subtask is settled with it, through any number of levels', () => {
  const subtasks = [subtask('a'), subtask('b', { needs: ['a'] }), subtask('c', { needs: ['b'] }), subtask('d')];
  const scheduler = createScheduler({ subtasks, concurrency: 8, files: [] });
  takeAll(scheduler);
  expect(scheduler.settle('a', false).map(({ id }) => id)).toEqual(['b', 'c']);
  expect(scheduler.done()).toBe(false);
  scheduler.settle('d', true);
  expect(scheduler.done()).toBe(true);
});

test('overlapping write-sets go one after another, the lease ends with the landing', () => {
  const subtasks = [
    subtask('a', { writes: ['src/one/**'] }),
    subtask('b', { writes: ['src/**/*.js'] }),
    subtask('c', { writes: ['docs/**'] }),
  ];
  const scheduler = createScheduler({ subtasks, concurrency: 8, files: ['src/one/x.js', 'docs/y.md'] });
  expect(takeAll(scheduler)).toEqual(['a', 'c']);
  scheduler.returned('a');
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.settle('a', true);
  expect(takeAll(scheduler)).toEqual(['b']);
});

test('a retry keeps its slot and counts the attempts', () => {
  const scheduler = createScheduler({ subtasks: [subtask('a'), subtask('b')], concurrency: 1, files: [] });
  expect(takeAll(scheduler)).toEqual(['a']);
  expect(scheduler.retry('a')).toBe(2);
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.settle('a', true);
  expect(takeAll(scheduler)).toEqual(['b']);
  expect(scheduler.attempts('a')).toBe(2);
});

test('settling twice changes nothing', () => {
  const subtasks = [subtask('a'), subtask('b', { needs: ['a'] })];
  const scheduler = createScheduler({ subtasks, concurrency: 8, files: [] });
  takeAll(scheduler);
  scheduler.settle('a', true);
  expect(scheduler.settle('a', false)).toEqual([]);
  expect(takeAll(scheduler)).toEqual(['b']);
});

test('one that is sent back goes first, holds its write-set and needs a slot', () => {
  const subtasks = [subtask('a', { writes: ['x'] }), subtask('b', { writes: ['x'] }), subtask('c'), subtask('d')];
  const scheduler = createScheduler({ subtasks, concurrency: 2, files: [] });
  expect(takeAll(scheduler)).toEqual(['a', 'c']);
  scheduler.returned('a');
  expect(takeAll(scheduler)).toEqual(['d']);
  scheduler.again('a');
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.returned('c');
  expect(scheduler.next()).toMatchObject({ subtask: { id: 'a' }, attempt: 2 });
  expect(takeAll(scheduler)).toEqual([]);
  scheduler.returned('a');
  scheduler.settle('a', true);
  // Neither one that is settled nor one that is out can be sent back.
  scheduler.again('a');
  scheduler.again('d');
  expect(takeAll(scheduler)).toEqual(['b']);
});
