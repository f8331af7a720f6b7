/**
 * What one attempt of a subtask may spend, and what it does spend: agents, their helpers, judges, summaries. Called by
 * run-subtask.ts. Promise: whatever asks `models` is counted, once, and stopped where the subtask's budget ends.
 */
import {
  type Amounts,
  type Assignment,
  amountsOfUsage,
  createLedgerMemory,
  joinLedger,
  type Ledger,
  limitsOf,
  unlimitedAmount,
  usdOf,
} from '../../../../ipc/index.ts';
import { addUsage, type ErrorRecord, FanfoldError, noUsage, type Usage } from '../../../../tasks/index.ts';
import type { ModelSource } from '../model-source.ts';
import { outOfBudget, subtaskAccount } from './accounts.ts';
import type { Payers } from './paid-model.ts';
import { paidModels } from './paid-models.ts';

/** What is set aside for a helper. */
export interface Loan {
  /** What it is to be told of as spent already, so that it comes to an end with its share. */
  spent: Usage;
  /** The helper will use no more, or nobody knows: then all of its share counts as spent. Called once. */
  end(isOver: boolean): void;
}

export interface Spending extends Disposable {
  models: ModelSource;
  /** Aborts with `budget-exhausted` when its minutes are over. */
  signal: AbortSignal;
  /** Of the attempt, with what its earlier deliveries used. */
  usage(): Usage;
  /** An earlier delivery of this attempt (or of one of its candidates), whose worker was lost, has used so much. */
  earlier(usage: Usage): void;
  /** A helper begins, at work elsewhere: half of what is left is set aside for it. */
  lend(): Loan;
  /** So much was used elsewhere, for instance by a helper. */
  beside(usage: Usage): void;
  /** A request was refused for want of money, of the subtask or of the run. */
  readonly exhausted: ErrorRecord | undefined;
}

/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

export function openSpending({ subtask, spent }: Pick<Assignment, 'subtask' | 'spent'>, models: ModelSource): Spending {
  const { id, budget } = subtask;
  let [usage, earlier] = [noUsage(), noUsage()];
  let exhausted: ErrorRecord | undefined;
  const isLimited = budget?.usd !== undefined || budget?.tokens !== undefined;
  const ledger = isLimited ? joinLedger(createLedgerMemory(limitsOf(budget), 1), id) : undefined;
  if (spent !== undefined) ledger?.spend(amountsOfUsage(spent.usage));
  const payers: Payers = {
    accounts: ledger === undefined ? [] : [subtaskAccount(ledger, id)],
    onUsage(more) {
      usage = addUsage(usage, more);
    },
    onExhausted(error) {
      exhausted ??= error;
    },
  };
  const minutes = new AbortController();
  const timer =
    budget?.minutes === undefined
      ? undefined
      : setTimeout(
          () => minutes.abort(new FanfoldError(tooLong(id, budget.minutes ?? 0))),
          Math.max(0, Math.min(budget.minutes * 60_000 - (spent?.durationMs ?? 0), longestTimerMs)),
        );
  return {
    models: models.within?.(payers) ?? paidModels(models, payers),
    signal: minutes.signal,
    usage: () => addUsage(earlier, usage),
    earlier(more) {
      earlier = addUsage(earlier, more);
      ledger?.spend(amountsOfUsage(more));
    },
    lend() {
      const before = addUsage(spent?.usage ?? noUsage(), addUsage(earlier, usage));
      if (ledger === undefined) return { spent: before, end() {} };
      const half = halfOf(ledger);
      const share = setAside(ledger, half) ? half : nothing;
      const end = (isOver: boolean): void => ledger.settle(share, isOver ? nothing : share);
      return { spent: spentBut(ledger, share, before), end };
    },
    beside(more) {
      usage = addUsage(usage, more);
      ledger?.spend(amountsOfUsage(more));
    },
    get exhausted() {
      return exhausted;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

const nothing: Amounts = { tokens: 0, money: 0 };

function halfOf(ledger: Ledger): Amounts {
  const { limits, spent, reserved } = ledger.standing();
  const half = (kind: keyof Amounts): number =>
    Math.max(0, Math.floor((limits[kind] - spent[kind] - reserved[kind]) / 2));
  return { tokens: half('tokens'), money: half('money') };
}

/** At once or not at all. */
function setAside(ledger: Ledger, share: Amounts): boolean {
  const ask = { prompt: share, outputPrice: 0, outputTokens: 0, leastOutputTokens: 0 };
  const atOnce = new AbortController();
  const taking = ledger.take(ask, atOnce.signal);
  if (typeof taking !== 'object') return taking !== 'never';
  taking.catch(() => {});
  atOnce.abort();
  return false;
}

/** What leaves no more than the share of the limits there are. */
function spentBut(ledger: Ledger, share: Amounts, before: Usage): Usage {
  const { limits } = ledger.standing();
  const { tokens, money } = limits;
  return {
    ...before,
    ...(tokens === unlimitedAmount ? {} : { ...noUsage(), inputTokens: tokens - share.tokens }),
    usd: money === unlimitedAmount ? before.usd : usdOf(money - share.money),
  };
}

function tooLong(id: string, minutes: number): ErrorRecord {
  return outOfBudget(`${id} was at work for the ${minutes} minutes of its budget.`, 'minutes');
}
