import { controlBox, type Mailbox, outsideProcess, recipients } from '../../ipc/index.ts';
import { giveBackClaims, type ThreadLoss } from '../workers/give-back.ts';

/** Gives back what dead workers held, and reports messages that were buried. */
export interface Reaper {
  /** A worker is known to be dead: its claims need not wait for their leases to expire. */
  giveBack(worker: string, loss: ThreadLoss): Promise<void>;
  /** The same for all workers of a process beside the coordinator. */
  giveBackProcess(process: string): Promise<void>;
  stop(): void;
}

export interface ReaperOptions {
  mailbox: Mailbox;
  /** Those that workers claim from. */
  boxes: readonly string[];
  /** Of the mailbox. */
  leaseMs: number;
  onBuried: OnBuried;
  /** Called in every round. */
  onRound: () => Promise<void>;
  onError: (error: unknown) => void;
}

/**
 * A beat is seen a round late at most, and its absence another: a worker that dies is found out within a lease and a
 * sixth.
 */
const roundsPerLease = 12;

/** Called once for each message of a box that ended in dead/, with the id it was sent with. */
export type OnBuried = Readonly<Record<string, (messageId: string, reason: string) => void>>;

export function watchForLostWork({ mailbox, boxes, leaseMs, onBuried, onRound, onError }: ReaperOptions): Reaper {
  const told = new Set<string>();

  async function reportBuried(): Promise<void> {
    for (const [recipient, tell] of Object.entries(onBuried)) {
      for (const { id, reason } of await mailbox.list(recipient, ['dead'])) {
        const key = `${recipient}/${id}`;
        if (told.has(key)) continue;
        told.add(key);
        tell(id, reason ?? 'no reason given');
      }
    }
  }

  async function round(): Promise<void> {
    await onRound();
    for (const recipient of [...boxes, recipients.coordinator]) await mailbox.reap(recipient);
    await reportBuried();
  }

  const timer = setInterval(() => round().catch(onError), leaseMs / roundsPerLease);
  timer.unref();
  return {
    async giveBack(worker, loss) {
      await giveBackClaims(mailbox, worker, loss, boxes);
      await reportBuried();
    },
    async giveBackProcess(process) {
      for (const box of boxes) {
        const claimed = await mailbox.list(box, ['claimed']);
        const workers = claimed.flatMap(({ worker = '' }) => (outsideProcess(worker) === process ? [worker] : []));
        for (const worker of new Set(workers)) await mailbox.reapWorker(box, worker);
      }
      // Nobody reads it any more: only what watched it is cleared away.
      await mailbox.reap(controlBox(process));
      await reportBuried();
    },
    stop: () => clearInterval(timer),
  };
}
