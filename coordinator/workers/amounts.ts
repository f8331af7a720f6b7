import type { Amounts } from '../../ipc/index.ts';

export const nothing: Amounts = { tokens: 0, money: 0 };

export function sum(left: Amounts, right: Amounts): Amounts {
  return { tokens: left.tokens + right.tokens, money: left.money + right.money };
}

export function negative({ tokens, money }: Amounts): Amounts {
  return { tokens: -tokens, money: -money };
}

export function least(left: Amounts, right: Amounts): Amounts {
  return { tokens: Math.min(left.tokens, right.tokens), money: Math.min(left.money, right.money) };
}

export function isNothing({ tokens, money }: Amounts): boolean {
  return tokens === 0 && money === 0;
}
