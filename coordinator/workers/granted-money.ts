/**
 * The side of a worker process in what a run may spend: its threads share a ledger of what the coordinator has granted.
 * Called by outside-worker.ts. Promise: one request to the coordinator at a time; whatever nobody needs goes back within
 * a second, so that nobody elsewhere waits for it; a coordinator that takes the run up is asked anew.
 */
import {
  type Ask,
  type Control,
  createLedgerMemory,
  emptyLedger,
  giveUpWorker,
  growLedger,
  type LedgerMemory,
} from '../../ipc/index.ts';

export interface GrantedMoney {
  memory: LedgerMemory;
  /** A thread has too little. Said again while it waits. */
  need(ask: Ask): void;
  granted(grant: Control & { action: 'budget-grant' }): void;
  /** Another coordinator has taken the run up: what the one before was asked is forgotten. */
  askAnew(): void;
  lost(worker: string): void;
  /** Resolves when everything is given back. Called when all threads have ended. */
  stop(): Promise<void>;
}

const giveBackMs = 500;
const nothing = { tokens: 0, money: 0 };

export function createGrantedMoney(
  worker: string,
  places: number,
  send: (control: Control, id: string) => Promise<void>,
): GrantedMoney {
  const memory = createLedgerMemory(nothing, places);
  growLedger(memory, nothing, true);
  let asked = 0;
  let isWaiting = false;
  let sent = 0;
  let grantedAt = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    // What has just come is being taken. What is left while somebody waits is too little for him.
    if (performance.now() - grantedAt >= giveBackMs) void giveBack();
  }, giveBackMs);
  timer.unref();

  async function post(control: Control): Promise<void> {
    sent += 1;
    await send(control, `money-${worker}-${sent}`);
  }

  async function giveBack(): Promise<void> {
    const { spent, unused } = emptyLedger(memory);
    if (spent.tokens + spent.money + unused.tokens + unused.money === 0) return;
    growLedger(memory, nothing, true);
    await post({ action: 'budget-return', worker, spent, unused }).catch(() => {});
  }

  return {
    memory,
    need(ask) {
      if (isWaiting) return;
      isWaiting = true;
      asked += 1;
      const request = asked;
      // Others may have what is missing: nobody keeps what is too little while waiting for more.
      giveBack()
        .then(() => post({ action: 'budget-ask', worker, request, ask }))
        .catch(() => {
          isWaiting = false;
        });
    },
    granted({ request, granted, more }) {
      if (request !== asked || !isWaiting) return;
      isWaiting = false;
      grantedAt = performance.now();
      growLedger(memory, granted, more);
    },
    askAnew() {
      isWaiting = false;
    },
    lost: (thread) => giveUpWorker(memory, thread),
    async stop() {
      clearInterval(timer);
      await giveBack();
    },
  };
}
