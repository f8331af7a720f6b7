/**
 * The side of a worker process in what a run may spend: its threads share a ledger of what the coordinator has granted.
 * Called by outside-worker.ts. Promise: one request to the coordinator at a time; whatever nobody needs goes back within
 * a second, so that nobody elsewhere waits for it; what was spent is told until it could be; a coordinator that takes the
 * run up learns what is set aside, and is asked anew.
 */
import {
  type Amounts,
  type Control,
  createLedgerMemory,
  emptyLedger,
  giveUpWorker,
  growLedger,
  type LedgerMemory,
  type Need,
} from '../../ipc/index.ts';
import { isNothing, nothing, sum } from './amounts.ts';

export interface GrantedMoney {
  memory: LedgerMemory;
  /** A thread has too little. Said again while it waits. */
  need(need: Need): void;
  granted(grant: Control & { action: 'budget-grant' }): void;
  /** The coordinator, by its process id, is at work: the same as before, or another that has taken the run up. */
  seen(coordinator: number): void;
  lost(worker: string): void;
  /** Resolves when everything is given back. Called when all threads have ended. */
  stop(): Promise<void>;
}

const giveBackMs = 500;

export function createGrantedMoney(
  worker: string,
  places: number,
  send: (control: Control, id: string) => Promise<void>,
): GrantedMoney {
  const memory = createLedgerMemory(nothing, places);
  growLedger(memory, nothing);
  let coordinator: number | undefined;
  let asked = 0;
  /** Whose request the coordinator has not answered yet. */
  let waiting: bigint | undefined;
  let sent = 0;
  let grantedAt = Number.NEGATIVE_INFINITY;
  let untold = { spent: nothing, unused: nothing };
  /** Spent since the coordinator was seen at work: one that took its place may have counted none of it. */
  let recent: Amounts = nothing;
  let lastPost: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // What has just come is being taken. What is left while somebody waits is too little for him.
    if (performance.now() - grantedAt >= giveBackMs) void giveBack();
  }, giveBackMs);
  timer.unref();

  /** One after the other: they count in the order in which they were written. */
  function post(control: Control & { action: 'budget-ask' | 'budget-return' | 'budget-hold' }): Promise<void> {
    sent += 1;
    const id = `money-${worker}-${sent}`;
    const tagged = coordinator === undefined ? control : { ...control, coordinator };
    const posting = lastPost.then(() => send(tagged, id));
    lastPost = posting.catch(() => {});
    return posting;
  }

  async function giveBack(): Promise<void> {
    const { spent, unused } = emptyLedger(memory);
    growLedger(memory, nothing);
    recent = sum(recent, spent);
    await tell(sum(untold.spent, spent), sum(untold.unused, unused));
  }

  async function tell(spent: Amounts, unused: Amounts): Promise<void> {
    untold = { spent: nothing, unused: nothing };
    if (isNothing(spent) && isNothing(unused)) return;
    const to = coordinator;
    await post({ action: 'budget-return', worker, spent, unused }).catch(() => {
      // Another coordinator has learned it otherwise.
      if (to === coordinator) untold = { spent: sum(untold.spent, spent), unused: sum(untold.unused, unused) };
    });
  }

  return {
    memory,
    need({ ask, ticket }) {
      if (waiting !== undefined) return;
      waiting = ticket;
      asked += 1;
      const request = asked;
      // Others may have what is missing: nobody keeps what is too little while waiting for more.
      giveBack()
        .then(async () => {
          if (request === asked && waiting === ticket) await post({ action: 'budget-ask', worker, request, ask });
        })
        .catch(() => {
          if (request === asked) waiting = undefined;
        });
    },
    granted({ coordinator: from = coordinator, request, granted, more }) {
      if (coordinator !== undefined && from !== coordinator) return;
      if (request !== asked || waiting === undefined) {
        void tell(untold.spent, sum(untold.unused, granted));
        return;
      }
      grantedAt = performance.now();
      growLedger(memory, granted, more ? 0n : waiting);
      waiting = undefined;
    },
    seen(pid) {
      if (pid === coordinator) {
        recent = nothing;
        return;
      }
      const isFirst = coordinator === undefined;
      coordinator = pid;
      if (isFirst) return;
      waiting = undefined;
      // What was not set aside is free with the new one, and transcripts have told it of what was spent before.
      const { spent, held } = emptyLedger(memory);
      growLedger(memory, nothing);
      untold = { spent: nothing, unused: nothing };
      const told = sum(recent, spent);
      if (!isNothing(held) || !isNothing(told)) {
        post({ action: 'budget-hold', worker, held, spent: told }).catch(() => {});
      }
    },
    lost: (thread) => giveUpWorker(memory, thread),
    async stop() {
      clearInterval(timer);
      await giveBack();
    },
  };
}
