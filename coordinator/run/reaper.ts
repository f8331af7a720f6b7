import { type Mailbox, recipients } from '../../ipc/index.ts';

/** Gives back what dead workers held, and reports messages that were buried. */
export interface Reaper {
  /** A worker is known to be dead: its claims need not wait for their leases to expire. */
  giveBack(worker: string): Promise<void>;
  stop(): void;
}

const everyMs = 5_000;

/** Called once for each message of a box that ended in dead/, with the id it was sent with. */
export type OnBuried = Readonly<Record<string, (messageId: string, reason: string) => void>>;

export function watchForLostWork(mailbox: Mailbox, onBuried: OnBuried, onError: (error: unknown) => void): Reaper {
  const told = new Set<string>();

  async function reportBuried(): Promise<void> {
    for (const [recipient, tell] of Object.entries(onBuried)) {
      for (const { state, id, reason } of await mailbox.list(recipient)) {
        const key = `${recipient}/${id}`;
        if (state !== 'dead' || told.has(key)) continue;
        told.add(key);
        tell(id, reason ?? 'no reason given');
      }
    }
  }

  async function round(): Promise<void> {
    for (const recipient of Object.values(recipients)) await mailbox.reap(recipient);
    await reportBuried();
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
