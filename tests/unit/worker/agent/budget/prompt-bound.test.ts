import { expect, it } from 'vitest';
import { noUsage } from '../../../../../tasks/index.ts';
import { createPromptBound } from '../../../../../worker/agent/model/budget/prompt-bound.ts';
import type { Message, ModelRequest, TextBlock } from '../../../../../worker/agent/model/model.ts';

const tools = [{ name: 'Read', description: 'Reads.', input_schema: { type: 'object' } }];
const system: TextBlock[] = [{ type: 'text', text: 'Be brief.'.repeat(100), cache_control: { type: 'ephemeral' } }];
const of = (messages: Message[], rest: Partial<ModelRequest> = {}): ModelRequest => ({
  tools,
  system,
  messages,
  ...rest,
});
const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const reply = (id: string): Message => ({
  role: 'assistant',
  content: [{ type: 'tool_use', id, name: 'Read', input: { file_path: 'a' } }],
});
const result = (id: string, content: string, isMarked = false): Message => ({
  role: 'user',
  content: [
    { type: 'tool_result', tool_use_id: id, content, ...(isMarked ? { cache_control: { type: 'ephemeral' } } : {}) },
  ],
});
const counted = (tokens: number) => ({ ...noUsage(), cacheReadTokens: tokens - 10, outputTokens: 10 });
/** What frames of messages and blocks may add. */
const slack = 1_000;

const task = user('Do it. '.repeat(500));

it('takes each byte for a token as long as the server has counted nothing', () => {
  const bound = createPromptBound().of(of([task]), 'm');
  const bytes = Buffer.byteLength(JSON.stringify({ tools, system, messages: [task] }));
  expect(bound).toBeGreaterThanOrEqual(bytes);
  expect(bound).toBeLessThan(bytes + 2 * slack);
});

it('knows what the server has counted, the reply too, and takes only what is new for bytes, marks or not', () => {
  const bound = createPromptBound();
  bound.answered(of([task]), 'm', counted(1_500));
  const first = [task, reply('1'), result('1', 'x'.repeat(3_000), true)];
  expect(bound.of(of(first), 'm')).toBeGreaterThanOrEqual(1_500 + 3_000);
  expect(bound.of(of(first), 'm')).toBeLessThan(1_500 + 3_000 + slack);
  bound.answered(of(first), 'm', counted(2_400));
  const second = [task, reply('1'), result('1', 'x'.repeat(3_000)), reply('2'), result('2', 'y'.repeat(100), true)];
  expect(bound.of(of(second), 'm')).toBeGreaterThanOrEqual(2_400 + 100);
  expect(bound.of(of(second), 'm')).toBeLessThan(2_400 + 100 + slack);
});

it('is the same for the same request once more', () => {
  const bound = createPromptBound();
  bound.answered(of([task]), 'm', counted(1_500));
  expect(bound.of(of([task]), 'm')).toBeLessThan(1_500 + slack);
});

it('counts what is new where old results were cleared or replaced by a summary', () => {
  const bound = createPromptBound();
  const before = [task, reply('1'), result('1', 'x'.repeat(8_000)), reply('2'), result('2', 'y'.repeat(8_000))];
  bound.answered(of(before), 'm', counted(6_000));
  const cleared = [task, reply('1'), result('1', 'cleared'), reply('2'), result('2', 'y'.repeat(8_000)), reply('3')];
  const now = bound.of(of([...cleared, result('3', 'z'.repeat(500))]), 'm');
  expect(now).toBeGreaterThanOrEqual(6_000 + 500);
  expect(now).toBeLessThan(6_000 + 500 + slack);
});

it('counts the same text a second time', () => {
  const bound = createPromptBound();
  const before = [task, reply('1'), user('again '.repeat(500))];
  bound.answered(of(before), 'm', counted(3_000));
  const now = [user('other'), ...before, reply('2'), user('again '.repeat(500))];
  expect(bound.of(of(now), 'm')).toBeGreaterThanOrEqual(3_000 + 3_000);
});

it('knows nothing of another model or other tools', () => {
  const bound = createPromptBound();
  bound.answered(of([task]), 'm', counted(100));
  expect(bound.of(of([task]), 'other')).toBeGreaterThan(3_500);
  expect(bound.of(of([task], { tools: [...tools] }), 'm')).toBeGreaterThan(3_500);
  const unmarked: TextBlock[] = system.map(({ type, text }) => ({ type, text }));
  expect(bound.of(of([task], { system: unmarked }), 'm')).toBeLessThan(100 + slack);
});
