/**
 * What a request to a model may cost, in whole numbers, and how much of it fits. Pure; called by ledger.ts and by
 * whoever asks it. Promise: what is granted never costs more than there is.
 */
import { z } from 'zod';
import { type Budget, totalTokens, type Usage } from '../../tasks/index.ts';

/** Micro-cents, 10⁻⁸ USD: what one token of the cheapest model costs. */
const microCents = 100_000_000;
/** In place of a limit where there is none. */
export const unlimitedAmount = Number.MAX_SAFE_INTEGER;

const amount = z.int().nonnegative();

export const amountsSchema = z.strictObject({
  /** Of all kinds together. */
  tokens: amount,
  /** Micro-cents. */
  money: amount,
});
export type Amounts = z.infer<typeof amountsSchema>;

export const askSchema = z.strictObject({
  /** The most that the prompt can come to. */
  prompt: amountsSchema,
  /** Micro-cents for a token of the answer. */
  outputPrice: z.number().nonnegative(),
  /** The longest answer that is wanted, tokens. */
  outputTokens: amount,
  /** A shorter one is of no use. */
  leastOutputTokens: amount,
});
export type Ask = z.infer<typeof askSchema>;

/** An answer that is cut to this length is one to go on with while others want their share. */
const shareOutputTokens = 8_192;

export function limitsOf({ usd, tokens }: Pick<Budget, 'usd' | 'tokens'>): Amounts {
  return {
    tokens: Math.min(tokens ?? unlimitedAmount, unlimitedAmount),
    // A floating-point 0.07 × 10⁸ must not lose a micro-cent.
    money: usd === undefined ? unlimitedAmount : Math.min(Math.floor(usd * microCents + 1e-3), unlimitedAmount),
  };
}

/** Rounded up, but not for what floating-point sums add. */
export function moneyOf(usd: number): number {
  return Math.max(0, Math.ceil(usd * microCents - 1e-3));
}

export function usdOf(money: number): number {
  return money / microCents;
}

export function amountsOfUsage(usage: Usage): Amounts {
  return { tokens: totalTokens(usage), money: moneyOf(usage.usd) };
}

/** What is set aside for a request whose answer may have so many tokens. */
export function costOfAsk({ prompt, outputPrice }: Ask, outputTokens: number): Amounts {
  return { tokens: prompt.tokens + outputTokens, money: Math.ceil(prompt.money + outputTokens * outputPrice) };
}

/** The longest answer that can be had for so much; below 0 where not even the prompt can. */
export function outputTokensWithin(ask: Ask, { tokens, money }: Amounts): number {
  const { prompt, outputPrice } = ask;
  const left = money - prompt.money;
  const byMoney = left < 0 ? -1 : outputPrice === 0 ? Number.POSITIVE_INFINITY : Math.floor(left / outputPrice);
  const most = Math.min(ask.outputTokens, tokens - prompt.tokens, byMoney);
  return most > 0 && costOfAsk(ask, most).money > money ? most - 1 : most;
}

/**
 * How long an answer may be now. `wait`: more can be had once what is outstanding has come back; `never`: too little,
 * whatever comes back. `ever` is what there would be if all that is outstanding came back unspent.
 */
export function decide(ask: Ask, free: Amounts, ever: Amounts): number | 'wait' | 'never' {
  const now = outputTokensWithin(ask, free);
  if (now >= ask.outputTokens) return ask.outputTokens;
  const most = outputTokensWithin(ask, ever);
  if (most >= ask.outputTokens) return 'wait';
  if (most < ask.leastOutputTokens) return 'never';
  if (now >= most) return now;
  const share = Math.max(shareOutputTokens, ask.leastOutputTokens);
  return now >= share ? share : 'wait';
}
