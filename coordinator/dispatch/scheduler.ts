/**
 * Decides which subtask goes next: needs met, write-set free, below the limit. Pure and synchronous; driven by
 * dispatch.ts. Promise: every subtask is settled exactly once, and what depends on a failed one fails with it.
 */
import type { Subtask } from '../../tasks/index.ts';
import { createWriteSetLeases } from './write-set-leases.ts';

export interface SchedulerOptions {
  /** In topological order. */
  subtasks: readonly Subtask[];
  /** Subtasks out for work at once. */
  concurrency: number;
  /** Paths of the base, to judge whether write-sets overlap. */
  files: readonly string[];
}

export interface Scheduled {
  subtask: Subtask;
  /** 1 the first time. */
  attempt: number;
}

export interface Scheduler {
  /** The next subtask to hand out, which counts as out from now on; undefined when none can go now. */
  next(): Scheduled | undefined;
  /** Its worker is done with it; the slot is free, but it is not settled yet (it may wait for the merge queue). */
  returned(id: string): void;
  /** One that had returned is to be handed out again: it is next, and still holds its write-set. */
  again(id: string): void;
  /** It is handed out again in the slot it has. Returns the number of the new attempt. */
  retry(id: string): number;
  /** It has its final state. Returns the subtasks that can never start now, in order, settled by this call too. */
  settle(id: string, satisfied: boolean): Subtask[];
  /**
   * What an earlier coordinator left: it was handed out so often, and now is with a worker (`out`), waits for its
   * verdict (`returned`), or for its turn. Called in the order of the plan, before anything is handed out.
   */
  restore(id: string, attempts: number, state: 'out' | 'returned' | 'waiting'): void;
  /** Only these are handed out from now on; without them, all are. */
  restrict(ids: ReadonlySet<string> | undefined): void;
  /** So many subtasks may be out at once from now on. */
  resize(concurrency: number): void;
  /** How often it was handed out. */
  attempts(id: string): number;
  /** Ids of those that were handed out and are not settled. */
  atWork(): string[];
  /** Subtasks neither settled nor out. */
  unstarted(): Subtask[];
  /** True when every subtask is settled. */
  done(): boolean;
}

interface Entry {
  subtask: Subtask;
  attempts: number;
  missing: Set<string>;
  state: 'waiting' | 'ready' | 'out' | 'returned' | 'settled';
}

export function createScheduler({ subtasks, concurrency, files }: SchedulerOptions): Scheduler {
  const entries = new Map<string, Entry>();
  const dependants = new Map<string, string[]>();
  const leases = createWriteSetLeases(files);
  let ready: Entry[] = [];
  let limit = concurrency;
  let out = 0;
  let unsettled = subtasks.length;
  let allowed: ReadonlySet<string> | undefined;

  for (const subtask of subtasks) {
    const entry: Entry = { subtask, attempts: 0, missing: new Set(subtask.needs), state: 'waiting' };
    entries.set(subtask.id, entry);
    for (const need of subtask.needs) {
      const known = dependants.get(need);
      if (known === undefined) dependants.set(need, [subtask.id]);
      else known.push(subtask.id);
    }
    if (entry.missing.size === 0) makeReady(entry);
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (entry === undefined) throw new RangeError(`no subtask ${id}`);
    return entry;
  }

  function makeReady(entry: Entry): void {
    entry.state = 'ready';
    ready.push(entry);
  }

  function mayGo(id: string): boolean {
    return allowed === undefined || allowed.has(id);
  }

  function settleOne(entry: Entry): void {
    if (entry.state === 'out') out -= 1;
    if (entry.state === 'ready') ready = ready.filter((other) => other !== entry);
    if (entry.state !== 'settled') unsettled -= 1;
    entry.state = 'settled';
    leases.release(entry.subtask.id);
  }

  return {
    next() {
      if (out >= limit) return undefined;
      const index = ready.findIndex(({ subtask }) => mayGo(subtask.id) && leases.take(subtask.id, subtask.writes));
      const [entry] = index < 0 ? [] : ready.splice(index, 1);
      if (entry === undefined) return undefined;
      entry.state = 'out';
      entry.attempts += 1;
      out += 1;
      return { subtask: entry.subtask, attempt: entry.attempts };
    },
    returned(id) {
      const entry = entryOf(id);
      if (entry.state !== 'out') return;
      entry.state = 'returned';
      out -= 1;
    },
    again(id) {
      const entry = entryOf(id);
      if (entry.state !== 'returned') return;
      entry.state = 'ready';
      ready.unshift(entry);
    },
    retry(id) {
      const entry = entryOf(id);
      entry.attempts += 1;
      return entry.attempts;
    },
    restore(id, attempts, state) {
      const entry = entryOf(id);
      entry.attempts = attempts;
      if (state === 'waiting') return;
      ready = ready.filter((other) => other !== entry);
      leases.take(id, entry.subtask.writes);
      entry.state = state;
      if (state === 'out') out += 1;
    },
    settle(id, satisfied) {
      const entry = entryOf(id);
      if (entry.state === 'settled') return [];
      settleOne(entry);
      const lost: Subtask[] = [];
      const queue = [id];
      for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
        for (const name of dependants.get(current) ?? []) {
          const dependant = entryOf(name);
          if (dependant.state !== 'waiting') continue;
          if (satisfied) {
            dependant.missing.delete(current);
            if (dependant.missing.size === 0) makeReady(dependant);
          } else {
            settleOne(dependant);
            lost.push(dependant.subtask);
            queue.push(name);
          }
        }
      }
      return lost;
    },
    restrict(ids) {
      allowed = ids;
    },
    resize(changed) {
      limit = changed;
    },
    attempts: (id) => entryOf(id).attempts,
    atWork: () => [...entries].flatMap(([id, { state }]) => (state === 'out' || state === 'returned' ? [id] : [])),
    unstarted: () =>
      [...entries.values()]
        .filter(({ state }) => state === 'waiting' || state === 'ready')
        .map(({ subtask }) => subtask),
    done: () => unsettled === 0,
  };
}
