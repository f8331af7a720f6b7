/**
 * What a coordinator knows of worker processes beside its own threads (`fanfold worker`): they join and leave by mail,
 * and get their orders in boxes of their own. Called by crew.ts. Promise: an order that can't be delivered is told as a
 * warning and holds nobody up.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Control, controlBox, isProcessGone, type Mailbox, outsideProcess, recipients } from '../../ipc/index.ts';
import { messageOf } from '../../tasks/index.ts';

export type Join = Extract<Control, { action: 'join' }>;

export interface OutsideWorkers {
  /** False when it was known already. */
  join(worker: Join): boolean;
  /** False when it was not known. */
  leave(worker: string): boolean;
  names(): string[];
  /** Subtasks at once, all of them together. */
  slots(): number;
  /**
   * Those whose process was gone at the last look already: the mail in which one has said that it leaves is taken in
   * between two looks. They are unknown from now on.
   */
  takeDead(): string[];
  /** Resolves when it is delivered or given up. */
  tell(control: Control, worker?: string): Promise<void>;
  /** Resolves when none of them has a subtask at hand, or `signal` aborts. */
  idle(signal: AbortSignal): Promise<void>;
}

const lookAgainMs = 200;

export function createOutsideWorkers(mailbox: Mailbox, warn: (message: string) => void): OutsideWorkers {
  const known = new Map<string, Join>();
  let gone = new Set<string>();
  const sender = randomBytes(4).toString('hex');
  let sent = 0;

  async function send(worker: string, control: Control): Promise<void> {
    sent += 1;
    const to = controlBox(worker);
    const id = `control-${sender}-${sent}`;
    try {
      await mailbox.publish(to, {
        version: 1,
        id,
        kind: 'control',
        from: recipients.coordinator,
        to,
        body: control,
      });
    } catch (error) {
      warn(`${worker} could not be told to ${control.action}: ${messageOf(error)}`);
    }
  }

  async function hasWork(): Promise<boolean> {
    const claimed = await mailbox.list(recipients.workers, ['claimed']);
    return claimed.some(({ worker = '' }) => known.has(outsideProcess(worker) ?? ''));
  }

  return {
    join(worker) {
      if (known.has(worker.worker) || outsideProcess(worker.worker) !== worker.worker) return false;
      known.set(worker.worker, worker);
      return true;
    },
    leave: (worker) => known.delete(worker),
    names: () => [...known.keys()],
    slots: () => [...known.values()].reduce((sum, { slots }) => sum + slots, 0),
    takeDead() {
      const goneNow = [...known.values()].filter(({ process }) => isProcessGone(process)).map(({ worker }) => worker);
      const dead = goneNow.filter((worker) => gone.has(worker));
      gone = new Set(goneNow);
      for (const worker of dead) known.delete(worker);
      return dead;
    },
    async tell(control, worker) {
      const to = worker === undefined ? [...known.keys()] : [worker];
      await Promise.all(to.map((name) => send(name, control)));
    },
    async idle(signal) {
      while (known.size > 0 && !signal.aborted && (await hasWork())) {
        await sleep(lookAgainMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
