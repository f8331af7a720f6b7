/**
 * A merge queue that lands in rounds: what is submitted waits until nobody is at work whose outcome is not there yet,
 * and then lands in the order of the plan. So what is merged together, and what gates see, depends on the plan and on
 * the outcomes and not on who was first, as it must where models that are asked about it are recorded or replayed.
 * Called by open-merge-queue.ts. Promise: as merge-queue.ts.
 */
import { setImmediate } from 'node:timers';
import type { MergeItem, MergeQueue, MergeVerdict } from './merge-queue.ts';

interface Held {
  item: MergeItem;
  resolve: (verdict: Promise<MergeVerdict>) => void;
}

export interface RoundsOptions {
  /** In the order in which they land. */
  subtasks: readonly string[];
  /** Those that were handed out and are not settled. */
  atWork: () => readonly string[];
}

export function createLandingRounds(queue: MergeQueue, { subtasks, atWork }: RoundsOptions): MergeQueue {
  const order = new Map(subtasks.map((id, index) => [id, index]));
  const held = new Map<string, Held>();
  let isOver = false;

  function land(): void {
    const round = [...held.values()].sort(
      (left, right) => (order.get(left.item.subtask) ?? 0) - (order.get(right.item.subtask) ?? 0),
    );
    held.clear();
    for (const { item, resolve } of round) resolve(queue.submit(item));
  }

  /** Later: who settles one hands out the next at once. */
  function look(): void {
    setImmediate(() => {
      if (held.size > 0 && (isOver || atWork().every((id) => held.has(id)))) land();
    });
  }

  function end(): void {
    isOver = true;
    land();
  }

  return {
    submit: (item) =>
      new Promise((resolve) => {
        held.set(item.subtask, { item, resolve });
        look();
      }),
    close(reason) {
      queue.close(reason);
      end();
    },
    tip: queue.tip,
    returnTo: queue.returnTo,
    idle: queue.idle,
    rounds: { look, end },
  };
}
