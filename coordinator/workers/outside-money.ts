/**
 * The coordinator's side of what worker processes beside it may spend: they ask by mail, and give back what they do not
 * need. Called by obey-control.ts and when such a process leaves or dies. Promise: what a process holds counts as set
 * aside, also what it holds of an earlier coordinator; what a dead one held counts as spent, since nobody knows what
 * became of it.
 */
import { type Amounts, type Control, costOfAsk, type Ledger } from '../../ipc/index.ts';
import { least, negative, nothing, sum } from './amounts.ts';

export type MoneyRequest = Extract<Control, { action: 'budget-ask' | 'budget-return' | 'budget-hold' }>;

export function isMoneyRequest(control: Control): control is MoneyRequest {
  return ['budget-ask', 'budget-return', 'budget-hold'].includes(control.action);
}

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

/** `self` is the process of this coordinator: what was meant for an earlier one is not counted here. */
export function createOutsideMoney(
  ledger: Ledger | undefined,
  tell: (control: Control, process: string) => void,
  self: number = process.pid,
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
    if (holder.gone.signal.aborted) {
      ledger?.settle(granted, nothing);
      return;
    }
    holder.held = sum(holder.held, granted);
    tell({ action: 'budget-grant', coordinator: self, request, granted, more: tokens === ask.outputTokens }, worker);
  }

  function giveBack({ worker, spent, unused }: MoneyRequest & { action: 'budget-return' }): void {
    const holder = holderOf(worker);
    // It may have spent more than it was granted, and return what somebody else gave.
    const returned = least(holder.held, sum(spent, unused));
    holder.held = sum(holder.held, negative(returned));
    ledger?.settle(returned, spent);
  }

  /** What is set aside there already is not asked for: it is gone from what is free, and be that less than nothing then. */
  function hold({ worker, held, spent }: MoneyRequest & { action: 'budget-hold' }): void {
    const holder = holderOf(worker);
    holder.held = sum(holder.held, held);
    ledger?.settle(negative(held), spent);
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
      if ((request.coordinator ?? self) !== self) return;
      if (request.action === 'budget-return') giveBack(request);
      else if (request.action === 'budget-hold') hold(request);
      // Who is gone needs no answer.
      else grant(request).catch(() => {});
    },
    gone,
    stop() {
      for (const process of [...holders.keys()]) gone(process);
    },
  };
}
