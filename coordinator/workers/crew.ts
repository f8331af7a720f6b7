/**
 * Everybody who works for a run: the coordinator's own threads and worker processes beside it. Called by the run's
 * stages. Promise: an order reaches all of them, and those who come while it stands; own threads get it by message
 * port, the others by mail.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Control, type Mailbox, outsideProcess } from '../../ipc/index.ts';
import type { EventInput } from '../../tasks/index.ts';
import { createOutsideWorkers, type Join } from './outside-workers.ts';
import { createStandingOrders } from './standing-orders.ts';
import type { WorkerThreads } from './worker-threads.ts';

export interface CrewOptions {
  threads: WorkerThreads;
  mailbox: Mailbox;
  emit: (event: EventInput) => void;
  /** Take in the mail that has arrived, news of leaving workers among it. */
  receive: () => Promise<void>;
  /** So many more subtasks can be at work at once than own threads take. */
  onSlots: (outside: number) => void;
  /** A worker process died; its claims should be given back. Must not reject. */
  onLost: (process: string) => Promise<void>;
  /** A worker process has ended by itself. */
  onLeft: (process: string) => void;
}

export interface Crew {
  /** Claim no more subtasks; resolves when those at hand have ended. Gates go on. */
  drain(): Promise<void>;
  /** End all subtasks and gates now. */
  cancel(reason: string): void;
  /** To everybody, or to the process of one worker. */
  tell(control: Control, worker?: string): void;
  join(worker: Join): void;
  leave(worker: string): void;
  /** Called every now and then. Resolves when what they held is given back. */
  lookForDead(): Promise<void>;
  /** End every own thread, after `graceMs` by force, and send the others away. */
  stop(graceMs: number): Promise<void>;
}

/** What a run waits at its end for worker processes to clear up. One that is suspended does so when it goes on. */
const leavingMs = 5_000;
const lookAgainMs = 50;

export function createCrew({ threads, mailbox, emit, receive, onSlots, onLost, onLeft }: CrewOptions): Crew {
  const notice = (level: 'info' | 'warning', message: string): void => emit({ type: 'notice', level, message });
  const outside = createOutsideWorkers(mailbox, (message) => notice('warning', message));
  const standing = createStandingOrders();
  const leaving = new AbortController();
  let draining = false;

  function tell(control: Control, worker?: string): void {
    // Who drains claims nothing more, whatever somebody says about a pause.
    if (draining && control.action === 'continue') return;
    const process = worker === undefined ? undefined : outsideProcess(worker);
    standing.note(control);
    if (process === undefined) threads.tell(control);
    if (process !== undefined || worker === undefined) void outside.tell(control, process);
  }

  async function lookForDead(): Promise<void> {
    for (const process of outside.takeDead()) {
      notice('warning', `${process} died; its subtasks are handed out again.`);
      onSlots(outside.slots());
      await onLost(process);
    }
  }

  async function sendAway(graceMs: number): Promise<void> {
    if (leaving.signal.aborted) return;
    leaving.abort();
    await outside.tell({ action: 'shut-down' });
    const deadline = performance.now() + Math.min(graceMs, leavingMs);
    while (outside.names().length > 0 && performance.now() < deadline) {
      await lookForDead();
      await sleep(lookAgainMs);
      // Whatever keeps mail from being read has ended the run already.
      await receive().catch(() => {});
    }
    for (const name of outside.names()) {
      notice('warning', `${name} has not ended yet; it clears up after itself when it does.`);
    }
  }

  return {
    async drain() {
      draining = true;
      standing.note({ action: 'pause' });
      await outside.tell({ action: 'pause' });
      await threads.drain();
      await outside.idle(leaving.signal);
    },
    cancel: (reason) => tell({ action: 'cancel', reason }),
    tell,
    join(worker) {
      if (!outside.join(worker)) return;
      notice('info', `${worker.worker} joined: ${worker.slots} at a time.`);
      onSlots(outside.slots());
      const orders: Control[] = leaving.signal.aborted ? [{ action: 'shut-down' }] : standing.all();
      for (const order of orders) void outside.tell(order, worker.worker);
    },
    leave(worker) {
      if (!outside.leave(worker)) return;
      onLeft(worker);
      onSlots(outside.slots());
      if (!leaving.signal.aborted) notice('info', `${worker} left.`);
    },
    lookForDead,
    async stop(graceMs) {
      await Promise.all([threads.stop(graceMs), sendAway(graceMs)]);
    },
  };
}
