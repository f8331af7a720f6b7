import { expect, test } from 'vitest';
import { cacheableMinimum } from '../../../../../worker/agent/model/model-table.ts';
import { isWorthWarming } from '../../../../../worker/agent/prompt/warm-up-rule.ts';

const model = 'claude-sonnet-5-5';

test.each([
  ['claude-opus-5-5', 512],
  ['claude-sonnet-5-5', 512],
  ['claude-haiku-5-5-20261001', 512],
  ['claude-fable-5-1', 512],
  ['claude-sonnet-5', 1_024],
  ['claude-sonnet-5-20260901', 1_024],
  ['claude-opus-4-8', 1_024],
  ['claude-sonnet-4-6', 1_024],
  ['claude-opus-4-7', 2_048],
  ['claude-opus-4-6', 4_096],
  ['claude-opus-4-5-20251101', 4_096],
  ['claude-haiku-4-5', 4_096],
  ['qwen3-coder', 1_024],
])('%s keeps prefixes of %i tokens and more', (name, tokens) => {
  expect(cacheableMinimum(name)).toBe(tokens);
});

test.each<[string, Parameters<typeof isWorthWarming>, boolean]>([
  ['32 agents with 16 kB save 30 cents', ['auto', { model, bytes: 16_000, agents: 32 }], true],
  ['it is so without a word in the task file', [undefined, { model, bytes: 16_000, agents: 32 }], true],
  ['one agent saves nothing', ['auto', { model, bytes: 16_000, agents: 1 }], false],
  ['two with 8 kB save less than a cent', ['auto', { model, bytes: 8_000, agents: 2 }], false],
  ['two with 24 kB save more', ['auto', { model, bytes: 24_000, agents: 2 }], true],
  ['a cheap model needs more agents', ['auto', { model: 'claude-haiku-5-5', bytes: 16_000, agents: 20 }], false],
  ['and then it pays too', ['auto', { model: 'claude-haiku-5-5', bytes: 16_000, agents: 40 }], true],
  ['nobody knows what others cost', ['auto', { model: 'qwen3-coder', bytes: 16_000, agents: 100 }], false],
  ['unless it is wanted', ['on', { model: 'qwen3-coder', bytes: 16_000, agents: 2 }], true],
  ['what is too short is not kept', ['on', { model: 'claude-haiku-4-5', bytes: 16_000, agents: 100 }], false],
  ['off is off', ['off', { model, bytes: 100_000, agents: 100 }], false],
])('%s', (_why, [mode, prefix], expected) => {
  expect(isWorthWarming(mode, prefix)).toBe(expected);
});
