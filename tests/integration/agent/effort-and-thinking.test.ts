import { describe, expect, it, onTestFinished } from 'vitest';
import type { ModelSettings } from '../../../tasks/index.ts';
import type { Message, ModelRequest } from '../../../worker/agent/model/model.ts';
import { createModelSource } from '../../../worker/agent/model/model-source.ts';
import { standInSettings } from '../../../worker/agent/model/request-settings.ts';
import {
  createSimulatedApi,
  type Fault,
  type MessagesRequest,
  type ReplyBlock,
  type SimulatedApiOptions,
} from '../../simulated-api/server.js';

const manual = 'claude-haiku-4-5';
const tool = { name: 'Read', description: 'Reads.', input_schema: { type: 'object', properties: {} } };
const request = (messages: Message[]): ModelRequest => ({ tools: [tool], system: [], messages });
const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const signal = new AbortController().signal;

const thought: ReplyBlock = { type: 'thinking', thinking: 'Which file is it?' };
const call: ReplyBlock = { type: 'tool_use', name: 'Read', input: { file_path: 'a' } };
const end: ReplyBlock = { type: 'text', text: 'Done.' };

async function source(options: SimulatedApiOptions) {
  const api = await createSimulatedApi(options);
  const models = createModelSource({ environment: api.environment });
  onTestFinished(async () => {
    await models[Symbol.asyncDispose]();
    await api.close();
  });
  const bodies = () => api.requests.map(({ body }) => body as MessagesRequest);
  return { api, models, bodies };
}

/** The whole of a conversation, calls answered. */
async function converse({ models }: Awaited<ReturnType<typeof source>>, settings: ModelSettings): Promise<Message[]> {
  const model = models.model(settings);
  const messages: Message[] = [user('Read the file.')];
  for (;;) {
    const turn = await model.stream(request(messages), { signal });
    if (!turn.ok) throw new Error(turn.error.message);
    messages.push({ role: 'assistant', content: turn.content });
    const calls = turn.content.filter(({ type }) => type === 'tool_use');
    if (calls.length === 0) return messages;
    const results = calls.flatMap((block) => ('id' in block ? [block.id] : []));
    messages.push({
      role: 'user',
      content: results.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })),
    });
  }
}

const turns: ReplyBlock[][] = [[thought, call], [call], [thought, call], [end]];
const script: SimulatedApiOptions['script'] = (_request, { turn }) => ({ content: turns[turn] ?? [end] });
const settingsOf = ({ thinking, output_config }: MessagesRequest) => JSON.stringify([thinking, output_config]);

describe('through a whole conversation', () => {
  it.each<[string, ModelSettings, unknown, unknown]>([
    ['effort', { effort: 'xhigh' }, undefined, { effort: 'xhigh' }],
    ['adaptive thinking', { thinking: 'adaptive', effort: 'low' }, { type: 'adaptive' }, { effort: 'low' }],
    ['no thinking', { thinking: 'off' }, { type: 'disabled' }, undefined],
    [
      'a budget',
      { name: manual, thinking: { budgetTokens: 2_000 } },
      { type: 'enabled', budget_tokens: 2_000 },
      undefined,
    ],
    ['nothing', {}, undefined, undefined],
  ])('%s is asked for, signatures stay what they were', async (_what, settings, thinking, outputConfig) => {
    const world = await source({ script });
    const messages = await converse(world, settings);
    expect(messages.filter(({ role }) => role === 'assistant')).toHaveLength(turns.length);
    expect(world.bodies()).toHaveLength(turns.length);
    // The server checks every signature that comes back.
    expect(world.api.problems()).toEqual([]);
    const last = world
      .bodies()
      .at(-1)
      ?.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
    expect(last?.filter(({ type }) => type === 'thinking')).toHaveLength(2);
    expect(new Set(world.bodies().map(settingsOf))).toEqual(
      new Set([settingsOf({ thinking, output_config: outputConfig } as MessagesRequest)]),
    );
  });

  it('is room on top of an answer where a budget for thoughts is large', async () => {
    const world = await source({ script: () => ({ content: [end] }) });
    await converse(world, { name: manual, thinking: { budgetTokens: 40_000 } });
    await converse(world, { name: 'llama', thinking: { budgetTokens: 2_000 } });
    expect(world.bodies().map(({ max_tokens }) => max_tokens)).toEqual([48_192, 10_192]);
  });
});

describe('a server that takes no such thing', () => {
  it.each<[string, ModelSettings, RegExp, RegExp]>([
    ['effort', { name: manual, effort: 'low' }, /does not support the effort parameter/, /another `model.effort`/],
    [
      'a level',
      { name: 'claude-opus-4-6', effort: 'xhigh' },
      /does not support effort level/,
      /another `model.effort`/,
    ],
    ['a budget', { thinking: { budgetTokens: 2_000 } }, /not supported for this model/, /`model.thinking`/],
    ['adaptive thinking', { name: manual, thinking: 'adaptive' }, /adaptive thinking is not/, /`model.thinking`/],
    [
      'a budget above maxTokens',
      { name: manual, maxTokens: 2_000, thinking: { budgetTokens: 2_000 } },
      /must be greater than/,
      /`model.thinking`/,
    ],
  ])('refuses %s once, and the error says what to set', async (_what, settings, message, next) => {
    const { api, models } = await source({ script: () => ({ content: [end] }) });
    const turn = await models.model(settings).stream(request([user('Hello')]), { signal });
    expect(turn).toMatchObject({ ok: false, error: { code: 'model-failed', failure: 'permanent' } });
    expect(turn.ok ? '' : turn.error.message).toMatch(message);
    expect(turn.ok ? '' : turn.error.next).toMatch(next);
    expect(api.requests).toHaveLength(1);
  });
});

it('one that takes over goes on without a budget where the thoughts were not its own, until the next question', async () => {
  const other = 'claude-sonnet-4-5';
  const overloaded: Fault = { kind: 'overloaded', turn: 1, match: ({ model }) => model === manual };
  const world = await source({ faults: [overloaded], script });
  const settings = { name: manual, fallback: [other], thinking: { budgetTokens: 2_000 } };
  const model = world.models.model(settings);
  const messages: Message[] = [user('Read the file.')];
  const first = await model.stream(request(messages), { signal });
  if (!first.ok) throw new Error(first.error.message);
  const id = first.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))[0] ?? '';
  messages.push(
    { role: 'assistant', content: first.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }] },
  );
  const second = await model.stream(request(messages), { signal });
  expect(second).toMatchObject({ ok: true, model: other });
  const answered: Message[] = [
    user('Read the file.'),
    { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
  ];
  expect(await model.stream(request([...answered, user('Again.')]), { signal })).toMatchObject({
    ok: true,
    model: other,
  });
  const asked = world.bodies().filter(({ model: name }) => name === other);
  expect(asked.map(({ thinking }) => thinking)).toEqual([undefined, { type: 'enabled', budget_tokens: 2_000 }]);
});

it('counts by the prices that the user gives', async () => {
  const world = await source({ script: () => ({ content: [end] }) });
  const facts = { llama: { price: { input: 1_000_000, output: 0 }, contextTokens: 9_000, maxOutputTokens: 500 } };
  const model = world.models.model({ name: 'llama', facts });
  expect(model.limits).toEqual({ contextTokens: 9_000, outputTokens: 500 });
  const { usage } = await model.stream(request([user('Hello')]), { signal });
  expect(usage.usd).toBe(usage.inputTokens);
  expect(usage.usd).toBeGreaterThan(0);
});

describe('a model that stands in', () => {
  const first = 'claude-opus-5-5';
  const overloaded: Fault = { kind: 'overloaded', match: ({ model }) => model === first };

  it.each<[string, ModelSettings, [unknown, unknown, number]]>([
    [
      'nothing that it refuses',
      { fallback: [manual], effort: 'high', thinking: 'adaptive' },
      [undefined, undefined, 32_000],
    ],
    ['no more than it gives', { fallback: [manual], maxTokens: 100_000 }, [undefined, undefined, 64_000]],
    [
      'what it takes',
      { fallback: ['claude-opus-4-6'], effort: 'max', thinking: 'adaptive', maxTokens: 9_000 },
      [{ type: 'adaptive' }, { effort: 'max' }, 9_000],
    ],
    ['a level that it knows', { fallback: ['claude-opus-4-6'], effort: 'xhigh' }, [undefined, undefined, 32_000]],
    ['nothing where nothing is known of it', { fallback: ['llama'], effort: 'low' }, [undefined, undefined, 8_192]],
    [
      'what the user says that it takes',
      {
        fallback: ['llama'],
        effort: 'low',
        thinking: 'adaptive',
        facts: { llama: { efforts: ['low'], thinking: ['off'] } },
      },
      [undefined, { effort: 'low' }, 8_192],
    ],
  ])('is asked for %s', async (_what, settings, expected) => {
    const world = await source({ faults: [overloaded], script: () => ({ content: [end] }) });
    const model = world.models.model({ name: first, ...settings });
    expect(await model.stream(request([user('Hello')]), { signal })).toMatchObject({ ok: true });
    const { thinking, output_config, max_tokens } = world.bodies().at(-1) ?? {};
    expect([thinking, output_config, max_tokens]).toEqual(expected);
  });
});

it('a model that stands in thinks by a budget that leaves room, and goes without thoughts only where it can', () => {
  const asked = (name: string, settings: ModelSettings) => standInSettings(name, settings).thinking;
  const budget = { budgetTokens: 70_000 };
  expect(asked(manual, { thinking: budget })).toBeUndefined();
  expect(asked('claude-opus-4-6', { thinking: budget })).toEqual(budget);
  expect(asked('claude-opus-5', { thinking: budget })).toBeUndefined();
  expect(asked('claude-opus-5-5', { thinking: 'off' })).toBeUndefined();
  expect(asked('claude-haiku-5-5', { thinking: 'off', effort: 'high' })).toBe('off');
  expect(asked('claude-haiku-5-5', { thinking: 'off', effort: 'max' })).toBeUndefined();
});
