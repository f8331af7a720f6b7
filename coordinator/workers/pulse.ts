/** Watches over the event loop of one worker thread. Called by worker-threads.ts. */
export interface Pulse {
  /** The thread said something. */
  heard(): void;
  stop(): void;
}

export interface PulseOptions {
  /** Of the mailbox: a silent thread must be found out before its claims expire, while it is known what it holds. */
  leaseMs: number;
  ping: () => void;
  /** Called once, with how long the thread has been silent, ms. */
  onSilent: (silentMs: number) => void;
}

const pingsPerLease = 6;
const missedPings = 4;
/** However short the lease: a busy machine keeps threads waiting. */
const leastSilenceMs = 5_000;
/** A thread that has never been heard of may still be loading its modules. */
const missedAtStart = 24;

/**
 * Counts pings without an answer instead of reading a clock: after this process was suspended, nothing has been missed.
 */
export function watchPulse({ leaseMs, ping, onSilent }: PulseOptions): Pulse {
  const everyMs = leaseMs / pingsPerLease;
  let missed = 0;
  let tolerated = missedAtStart;
  const timer = setInterval(() => {
    if (missed >= tolerated) {
      clearInterval(timer);
      onSilent(missed * everyMs);
      return;
    }
    missed += 1;
    ping();
  }, everyMs);
  timer.unref();
  return {
    heard() {
      missed = 0;
      tolerated = Math.max(missedPings, Math.ceil(leastSilenceMs / everyMs));
    },
    stop: () => clearInterval(timer),
  };
}
