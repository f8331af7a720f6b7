import { expect, it } from 'vitest';
import {
  cacheableMinimum,
  costOf,
  defaultModelName,
  findModel,
  unpricedModels,
} from '../../../../worker/agent/model/model-table.ts';

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

it('knows what the user says of models, with or without the date, replayed or not', () => {
  const said = { llama: { price: { input: 1, output: 2 }, contextTokens: 8_000, cacheableMinimum: 256 } };
  expect(costOf('llama', tokens, said)).toBeCloseTo(1 + 0.2);
  expect(costOf('llama', { ...tokens, inputTokens: 0, outputTokens: 0, cacheWriteTokens: 1e6 }, said)).toBeCloseTo(
    1.25,
  );
  expect(costOf('llama', { ...tokens, inputTokens: 0, outputTokens: 0, cacheReadTokens: 1e6 }, said)).toBeCloseTo(0.1);
  expect(findModel('replay:llama-20260101', said)).toMatchObject({ contextTokens: 8_000 });
  expect(cacheableMinimum('llama', said)).toBe(256);
  expect(findModel('constructor', said)).toBeUndefined();
});

it('keeps of a built-in model what the user does not replace', () => {
  const said = { 'claude-haiku-5-5': { price: { input: 1, output: 1 } }, 'claude-sonnet-5-5': { contextTokens: 5 } };
  const { longPrompt, price, contextTokens } = findModel('claude-haiku-5-5', said) ?? {};
  expect({ longPrompt, contextTokens }).toEqual({ longPrompt: undefined, contextTokens: 1_000_000 });
  expect(price).toEqual({ input: 1, output: 1, cacheWrite: 1.25, cacheRead: 0.1 });
  expect(findModel(defaultModelName, said)).toEqual({ ...findModel(defaultModelName), contextTokens: 5 });
});

it('tells which models of an agent nobody gave a price', () => {
  const facts = { free: { price: { input: 0, output: 0 } }, sized: { contextTokens: 5 } };
  const model = { fallback: ['free', 'sized', defaultModelName], facts };
  expect(unpricedModels('llama', { model })).toEqual(['llama', 'sized']);
  expect(unpricedModels('free', { model: { facts }, summariser: { name: 'gemma' } })).toEqual(['gemma']);
});
