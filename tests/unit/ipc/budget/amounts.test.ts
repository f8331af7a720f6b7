import { expect, it } from 'vitest';
import { type Ask, costOfAsk, decide, limitsOf, moneyOf, outputTokensWithin } from '../../../../ipc/budget/amounts.ts';
import { seededRandom } from '../../../support/random.ts';

const ask: Ask = {
  prompt: { tokens: 10_000, money: 2_500_000 },
  outputPrice: 1_000,
  outputTokens: 32_000,
  leastOutputTokens: 1_024,
};
const tokens = (amount: number) => ({ tokens: amount, money: Number.MAX_SAFE_INTEGER });

it('sets aside the prompt and the longest answer', () => {
  expect(costOfAsk(ask, 32_000)).toEqual({ tokens: 42_000, money: 34_500_000 });
});

it('counts money in micro-cents: limits rounded down, costs up, whatever floating-point sums add', () => {
  expect(limitsOf({ usd: 0.07 }).money).toBe(7_000_000);
  expect(limitsOf({ usd: 0.1 + 0.2 }).money).toBe(30_000_000);
  expect(limitsOf({ tokens: 5 })).toEqual({ tokens: 5, money: Number.MAX_SAFE_INTEGER });
  expect(moneyOf(0.1 + 0.2)).toBe(30_000_000);
  expect(moneyOf(0.000000001)).toBe(1);
});

it('never grants an answer that costs more than there is, and none that is shorter than it could be', () => {
  const { below: draw, pick } = seededRandom(7);
  for (let round = 0; round < 2_000; round += 1) {
    const drawn: Ask = {
      prompt: { tokens: draw(50_000), money: draw(5_000_000) },
      outputPrice: pick([0, 3.75, 50, 0.3, 1_000]),
      outputTokens: 1 + draw(40_000),
      leastOutputTokens: 1,
    };
    const free = { tokens: draw(80_000), money: draw(30_000_000) };
    const granted = outputTokensWithin(drawn, free);
    if (granted < 0) {
      expect(drawn.prompt.tokens > free.tokens || drawn.prompt.money > free.money).toBe(true);
      continue;
    }
    const cost = costOfAsk(drawn, granted);
    expect(cost.tokens).toBeLessThanOrEqual(free.tokens);
    expect(cost.money).toBeLessThanOrEqual(free.money);
    const more = costOfAsk(drawn, granted + 2);
    const isLongest = granted === drawn.outputTokens || more.tokens > free.tokens || more.money > free.money;
    expect(isLongest || granted + 2 > drawn.outputTokens).toBe(true);
  }
});

it('grants all where there is enough, and waits for what may come back', () => {
  expect(decide(ask, tokens(42_000), tokens(42_000))).toBe(32_000);
  expect(decide(ask, tokens(41_999), tokens(42_000))).toBe('wait');
});

it('shortens the answer where no more can come back, and refuses one that would be of no use', () => {
  expect(decide(ask, tokens(20_000), tokens(20_000))).toBe(10_000);
  expect(decide(ask, tokens(11_024), tokens(11_024))).toBe(1_024);
  expect(decide(ask, tokens(11_023), tokens(11_023))).toBe('never');
});

it('leaves something to others while they have money set aside', () => {
  expect(decide(ask, tokens(30_000), tokens(35_000))).toBe(8_192);
  expect(decide(ask, tokens(15_000), tokens(35_000))).toBe('wait');
});
