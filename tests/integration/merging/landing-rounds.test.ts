import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLandingRounds } from '../../../coordinator/merging/landing-rounds.ts';
import type { MergeItem, MergeQueue, MergeVerdict } from '../../../coordinator/merging/merge-queue.ts';
import { FanfoldError, toErrorRecord } from '../../../tasks/index.ts';

const item = (subtask: string): MergeItem => ({ subtask, commit: subtask, message: subtask });

function setUp(ids: string[]) {
  const atWork = new Set<string>();
  const landed: string[] = [];
  let closed: FanfoldError | undefined;
  const inner: MergeQueue = {
    async submit({ subtask, commit }): Promise<MergeVerdict> {
      if (closed !== undefined) return { status: 'failed', error: toErrorRecord(closed) };
      landed.push(subtask);
      return { status: 'landed', commit };
    },
    close(reason) {
      closed = reason;
    },
    tip: () => 'tip',
    returnTo: async () => false,
    idle: async () => {},
  };
  const queue = createLandingRounds(inner, { subtasks: ids, atWork: () => [...atWork] });
  /** As dispatch does it. */
  const settle = (id: string): void => {
    atWork.delete(id);
    queue.rounds?.look();
  };
  return { queue, atWork, landed, settle };
}

const soon = () => sleep(20);

test('work waits for all that is at work, and lands in the order of the plan', async () => {
  const { queue, atWork, landed, settle } = setUp(['a', 'b', 'c', 'd']);
  for (const id of ['a', 'b', 'c']) atWork.add(id);
  const verdicts = [queue.submit(item('c')), queue.submit(item('a'))];
  await soon();
  expect(landed).toEqual([]);
  // b fails, and the next is handed out in its place.
  settle('b');
  atWork.add('d');
  await soon();
  expect(landed).toEqual([]);
  verdicts.push(queue.submit(item('d')));
  expect((await Promise.all(verdicts)).map(({ status }) => status)).toEqual(['landed', 'landed', 'landed']);
  expect(landed).toEqual(['a', 'c', 'd']);
});

test('it waits for those whose verdict is not told yet, and for one that is sent back', async () => {
  const { queue, atWork, landed, settle } = setUp(['a', 'b']);
  atWork.add('a');
  await queue.submit(item('a'));
  // Its gates failed, and its agent is at work again.
  atWork.add('b');
  void queue.submit(item('b'));
  await soon();
  expect(landed).toEqual(['a']);
  void queue.submit(item('a'));
  await soon();
  expect(landed).toEqual(['a', 'a', 'b']);
  settle('a');
});

test('a run that is ending waits for nobody', async () => {
  const { queue, atWork, landed } = setUp(['a', 'b', 'c']);
  for (const id of ['a', 'b', 'c']) atWork.add(id);
  const first = queue.submit(item('b'));
  queue.rounds?.end();
  expect(await first).toMatchObject({ status: 'landed' });
  expect(await queue.submit(item('a'))).toMatchObject({ status: 'landed' });
  expect(landed).toEqual(['b', 'a']);
});

test('closed, it lands nothing more, and nobody waits for a verdict', async () => {
  const { queue, atWork, landed } = setUp(['a', 'b']);
  for (const id of ['a', 'b']) atWork.add(id);
  const waiting = queue.submit(item('a'));
  queue.close(new FanfoldError({ code: 'cancelled', message: 'over', next: 'resume', failure: 'cancelled' }));
  expect(await waiting).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
  expect(landed).toEqual([]);
});
