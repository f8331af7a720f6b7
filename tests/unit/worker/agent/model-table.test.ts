import { expect, it } from 'vitest';
import { costOf, defaultModelName, findModel } from '../../../../worker/agent/model/model-table.ts';

const tokens = { inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 0, cacheWriteTokens: 0 };

it('prices the default model', () => {
  expect(costOf(defaultModelName, tokens)).toBeCloseTo(2 + 1);
  expect(costOf(defaultModelName, { ...tokens, inputTokens: 0, outputTokens: 0, cacheReadTokens: 1e6 })).toBeCloseTo(
    0.1,
  );
  expect(costOf(defaultModelName, { ...tokens, inputTokens: 0, outputTokens: 0, cacheWriteTokens: 1e6 })).toBeCloseTo(
    2.5,
  );
});

it('prices by the length of the prompt where the model does', () => {
  const short = { inputTokens: 50_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 50_000 };
  expect(costOf('claude-haiku-5-5', short)).toBeCloseTo(0.05 * 0.1 + 0.05 * 0.125);
  expect(costOf('claude-haiku-5-5', { ...short, cacheReadTokens: 1 })).toBeCloseTo(0.05 * 0.5 + 0.05 * 0.625, 5);
});

it('knows dated names, and costs nothing for unknown ones', () => {
  expect(findModel('claude-haiku-4-5-20251001')).toBe(findModel('claude-haiku-4-5'));
  expect(findModel('toString')).toBeUndefined();
  expect(costOf('llama', tokens)).toBe(0);
});
