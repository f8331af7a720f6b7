import type { Claim, Mailbox } from '../../ipc/index.ts';

/** Heartbeats for all claims of a worker, on one timer. */
export interface Leases {
  /** Beat for this claim until the returned function is called; `lost` is called once when the lease is gone. */
  keep(claim: Claim, lost: () => void): () => void;
  stop(): void;
}

/** Beats in the time of a lease, so that one or two may fail. */
const beatsPerLease = 6;

export function createLeases(mailbox: Mailbox, leaseMs: number): Leases {
  const kept = new Map<Claim, () => void>();
  const timer = setInterval(() => {
    for (const [claim, lost] of kept) {
      mailbox.renew(claim).then(
        (held) => {
          if (!held && kept.delete(claim)) lost();
        },
        // A beat that fails for want of disk or files is tried again at the next; the lease lasts several beats.
        () => {},
      );
    }
  }, leaseMs / beatsPerLease);
  timer.unref();
  return {
    keep(claim, lost) {
      kept.set(claim, lost);
      return () => kept.delete(claim);
    },
    stop: () => clearInterval(timer),
  };
}
