/**
 * The coordinator's side of what worker processes beside it may spend: they ask by mail, and give back what they do not
 * need. Called by obey-control.ts and when such a process leaves or dies. Promise: what a process holds counts as set
 * aside; what a dead one held counts as spent, since nobody knows what became of it.
 */
import { type Amounts, type Control, costOfAsk, type Ledger } from '../../ipc/index.ts';

export type MoneyRequest = Extract<Control, { action: 'budget-ask' | 'budget-return' }>;

export interface OutsideMoney {
  take(request: MoneyRequest): void;
  /** The process has left or died. */
  gone(process: string): void;
  stop(): void;
}

interface Holder {
  held: Amounts;
  gone: AbortController;
}

const nothing: Amounts = { tokens: 0, money: 0 };

export function createOutsideMoney(
  ledger: Ledger | undefined,
  tell: (control: Control, process: string) => void,
): OutsideMoney {
  const holders = new Map<string, Holder>();

  function holderOf(process: string): Holder {
    const known = holders.get(process);
    if (known !== undefined) return known;
    const holder = { held: nothing, gone: new AbortController() };
    holders.set(process, holder);
    return holder;
  }

  async function grant({ worker, request, ask }: MoneyRequest & { action: 'budget-ask' }): Promise<void> {
    const holder = holderOf(worker);
    const tokens = ledger === undefined ? 'never' : await ledger.take(ask, holder.gone.signal);
    const granted = tokens === 'never' ? nothing : costOfAsk(ask, tokens);
    holder.held = sum(holder.held, granted);
    tell({ action: 'budget-grant', request, granted, more: tokens === ask.outputTokens }, worker);
  }

  function giveBack({ worker, spent, unused }: MoneyRequest & { action: 'budget-return' }): void {
    const holder = holderOf(worker);
    // One that has worked for an earlier coordinator may return what this one never gave.
    const returned = least(holder.held, sum(spent, unused));
    holder.held = sum(holder.held, negative(returned));
    ledger?.settle(returned, spent);
  }

  function gone(process: string): void {
    const holder = holders.get(process);
    if (holder === undefined) return;
    holders.delete(process);
    holder.gone.abort();
    ledger?.settle(holder.held, holder.held);
  }

  return {
    take(request) {
      if (request.action === 'budget-return') giveBack(request);
      // Who is gone needs no answer.
      else grant(request).catch(() => {});
    },
    gone,
    stop() {
      for (const process of [...holders.keys()]) gone(process);
    },
  };
}

function sum(left: Amounts, right: Amounts): Amounts {
  return { tokens: left.tokens + right.tokens, money: left.money + right.money };
}

function negative({ tokens, money }: Amounts): Amounts {
  return { tokens: -tokens, money: -money };
}

function least(left: Amounts, right: Amounts): Amounts {
  return { tokens: Math.min(left.tokens, right.tokens), money: Math.min(left.money, right.money) };
}
