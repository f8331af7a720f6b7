/**
 * A Model whose requests are paid for from accounts: of its subtask, and of the run. Made by paid-models.ts around every
 * model that a worker gives out. Promise: a request that no account has the money for is not made; whatever is used is
 * counted, also by models that know nothing of purses.
 */
import { type Amounts, type Ask, amountsOfUsage, costOfAsk, type Ledger, moneyOf } from '../../../../ipc/index.ts';
import { type ErrorRecord, noUsage, toErrorRecord, type Usage } from '../../../../tasks/index.ts';
import type { Model, ModelRequest, StreamOptions } from '../model.ts';
import type { Expense, Purse, Reservation } from '../purse.ts';
import { createPromptBound } from './prompt-bound.ts';

export interface Account {
  ledger: Ledger;
  /** What to say when it has too little for a request that costs at least so much. */
  exhausted(least: Amounts): ErrorRecord;
}

export interface Payers {
  /** All must have the money. */
  accounts: readonly Account[];
  onUsage?: (usage: Usage) => void;
  onExhausted?: (error: ErrorRecord) => void;
}

/** Who waits for longer than this wants to be told why, ms. */
const shortestTold = 1_000;

export function paidModel(model: Model, { accounts, onUsage, onExhausted }: Payers): Model {
  const bound = createPromptBound();

  async function reserve(request: ModelRequest, expense: Expense, options: StreamOptions): Promise<Reserved> {
    const ask = askFor(expense, request);
    const payments: { ledger: Ledger; reserved: Amounts }[] = [];
    const settle = (usage: Usage): void => {
      const used = amountsOfUsage(usage);
      for (const { ledger, reserved } of payments) ledger.settle(reserved, used);
    };
    const telling = setTimeout(() => options.onActivity?.('waits for money that others have set aside'), shortestTold);
    let { outputTokens } = ask;
    try {
      for (const { ledger, exhausted } of accounts) {
        const taking = ledger.take({ ...ask, outputTokens }, options.signal);
        const granted = typeof taking === 'object' ? await taking : taking;
        if (granted === 'never') {
          settle(noUsage());
          const error = exhausted(costOfAsk(ask, ask.leastOutputTokens));
          onExhausted?.(error);
          return { error };
        }
        outputTokens = granted;
        payments.push({ ledger, reserved: costOfAsk(ask, granted) });
      }
      return { outputTokens, settle };
    } catch (error) {
      settle(noUsage());
      return { error: toErrorRecord(error) };
    } finally {
      clearTimeout(telling);
    }
  }

  function askFor(
    { known, model: name, costOf, outputTokens, leastOutputTokens }: Expense,
    request: ModelRequest,
  ): Ask {
    if (known !== undefined) {
      return { prompt: amountsOfUsage(known), outputPrice: 0, outputTokens: 0, leastOutputTokens: 0 };
    }
    const tokens = bound.of(request, name);
    const prices = promptPrices(tokens, costOf);
    return {
      prompt: { tokens, money: moneyOf(Math.max(...prices.map(({ prompt }) => prompt))) },
      outputPrice: Math.max(...prices.map(({ output }) => output)),
      outputTokens,
      leastOutputTokens: Math.min(leastOutputTokens, outputTokens),
    };
  }

  return {
    name: model.name,
    ...(model.limits === undefined ? {} : { limits: model.limits }),
    async stream(request, options) {
      let isAsked = false;
      const purse: Purse = {
        reserve(expense, signal) {
          isAsked = true;
          return reserve(request, expense, { ...options, signal });
        },
      };
      const turn = await model.stream(request, accounts.length === 0 ? options : { ...options, purse });
      if (!isAsked) for (const { ledger } of accounts) ledger.spend(amountsOfUsage(turn.usage));
      if (turn.ok) bound.answered(request, turn.model ?? model.name, turn.answered ?? turn.usage);
      onUsage?.(turn.usage);
      return turn;
    },
  };
}

type Reserved = Reservation | { error: ErrorRecord };

const million = 1_000_000;

/**
 * Nobody knows how much of a prompt is read from the cache, or whether it is as long as it may be: each case has a price.
 * USD for the prompt, micro-cents for a token of the answer.
 */
function promptPrices(tokens: number, costOf: Expense['costOf']): { prompt: number; output: number }[] {
  const kinds = ['inputTokens', 'cacheWriteTokens', 'cacheReadTokens'] as const;
  return [tokens, 0].map((length) => {
    const costs = kinds.map((kind) => costOf({ ...noUsage(), [kind]: length }));
    const withAnswer = costOf({ ...noUsage(), inputTokens: length, outputTokens: million });
    return { prompt: Math.max(...costs), output: moneyOf(withAnswer - (costs[0] ?? 0)) / million };
  });
}
