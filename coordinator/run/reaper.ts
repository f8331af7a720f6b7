import { type Mailbox, recipients } from '../../ipc/index.ts';

/** Gives back what dead workers held, and reports messages that were buried. */
export interface Reaper {
  /** A worker is known to be dead: its claims need not wait for their leases to expire. */
  giveBack(worker: string): Promise<void>;
  stop(): void;
}

const everyMs = 5_000;

/** `onBuried` is called once for each message of the workers' box that ended in dead/, with the id it was sent with. */
export function watchForLostWork(
  mailbox: Mailbox,
  onBuried: (messageId: string, reason: string) => void,
  onError: (error: unknown) => void,
): Reaper {
  const told = new Set<string>();

  async function reportBuried(): Promise<void> {
    for (const { state, id, reason } of await mailbox.list(recipients.workers)) {
      if (state !== 'dead' || told.has(id)) continue;
      told.add(id);
      onBuried(id, reason ?? 'no reason given');
    }
  }

  async function round(): Promise<void> {
    let reaped = 0;
    for (const recipient of Object.values(recipients)) reaped += await mailbox.reap(recipient);
    if (reaped > 0) await reportBuried();
  }

  const timer = setInterval(() => round().catch(onError), everyMs);
  timer.unref();
  return {
    async giveBack(worker) {
      await mailbox.reapWorker(recipients.workers, worker);
      await mailbox.reapWorker(recipients.gates, worker);
      await reportBuried();
    },
    stop: () => clearInterval(timer),
  };
}
