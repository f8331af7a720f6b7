import type { Claim, Mailbox } from '../../ipc/index.ts';

/** Whether claims are made right now. */
export interface Pause {
  set(paused: boolean): void;
  readonly on: boolean;
  /** Resolves when it is over, or `signal` aborts. */
  over(signal: AbortSignal): Promise<void>;
}

export function createPause(): Pause {
  let on = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  return {
    set(paused) {
      on = paused;
      if (!on) wake();
    },
    get on() {
      return on;
    },
    over(signal) {
      if (!on || signal.aborted) return Promise.resolve();
      signal.addEventListener('abort', wake, { once: true });
      return new Promise<void>((resolve) => waiting.add(resolve)).finally(() =>
        signal.removeEventListener('abort', wake),
      );
    },
  };
}

export interface ClaimLoopOptions {
  mailbox: Mailbox;
  recipient: string;
  worker: string;
  /** Claims at work at once. */
  slots: number;
  pause: Pause;
  /** Aborts when nothing more is to be claimed. */
  drained: AbortSignal;
  handle: (claim: Claim) => Promise<void>;
}

/** Keep up to `slots` claims of a box at work until `drained` aborts; then wait for what is at hand. */
export async function claimLoop(options: ClaimLoopOptions): Promise<void> {
  const { mailbox, recipient, worker, slots, pause, drained, handle } = options;
  const atWork = new Set<Promise<void>>();
  while (!drained.aborted) {
    const claim = atWork.size < slots && !pause.on ? await mailbox.claim(recipient, worker) : undefined;
    if (claim !== undefined) {
      const work: Promise<void> = handle(claim).finally(() => atWork.delete(work));
      atWork.add(work);
    } else if (atWork.size >= slots) {
      await Promise.race(atWork);
    } else if (pause.on) {
      await pause.over(drained);
    } else {
      await waitForMail(mailbox, recipient, drained);
    }
  }
  await Promise.all(atWork);
}

async function waitForMail(mailbox: Mailbox, recipient: string, drained: AbortSignal): Promise<void> {
  try {
    await mailbox.watch(recipient, drained);
  } catch (error) {
    if (!drained.aborted) throw error;
  }
}
