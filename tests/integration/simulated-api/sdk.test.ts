import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedApi, type Reply, type SimulatedApi } from '../../simulated-api/server.js';
import { readTool } from './requests.ts';

const input = { file_path: '/src/ünïcödé 🙂.ts', limit: 200, nested: { list: [1, 2, 3] } };
const reply: Reply = {
  content: [
    { type: 'thinking', thinking: 'The user wants the file 🙂, so I read it first.' },
    { type: 'text', text: 'I read the file 🙂 and then the other one.' },
    { type: 'tool_use', name: 'Read', input },
    { type: 'tool_use', name: 'Read', input: {} },
  ],
};
const params = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1000,
  tools: [{ ...readTool, input_schema: { type: 'object' as const } }],
  messages: [{ role: 'user' as const, content: 'Read it.' }],
};

let api: SimulatedApi;
let client: Anthropic;

beforeAll(async () => {
  api = await createSimulatedApi({
    script: (_request, { turn }) => (turn === 0 ? reply : { content: [{ type: 'text', text: 'Done.' }] }),
  });
  client = new Anthropic({ baseURL: api.url, apiKey: 'key', maxRetries: 0 });
});

afterAll(() => api.close());

const expectedContent = [
  { type: 'thinking', thinking: 'The user wants the file 🙂, so I read it first.', signature: expect.any(String) },
  { type: 'text', text: 'I read the file 🙂 and then the other one.', citations: null },
  { type: 'tool_use', id: expect.stringMatching(/^toolu_\w+$/), name: 'Read', input, caller: { type: 'direct' } },
  { type: 'tool_use', id: expect.stringMatching(/^toolu_\w+$/), name: 'Read', input: {}, caller: { type: 'direct' } },
];

describe('the official client', () => {
  it('gets a whole message', async () => {
    const { data, request_id } = await client.messages.create(params).withResponse();
    expect(data.content).toEqual(expectedContent);
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model: params.model, stop_reason: 'tool_use' });
    expect(data.id).toMatch(/^msg_\w+$/);
    expect(request_id).toMatch(/^req_\w+$/);
    expect(data.usage.output_tokens).toBeGreaterThan(data.usage.output_tokens_details?.thinking_tokens ?? 0);
  });

  it('gets the same message from a stream', async () => {
    const message = await client.messages.stream(params).finalMessage();
    expect(message.content).toEqual(expectedContent);
    expect(message.stop_reason).toBe('tool_use');
    const whole = await client.messages.create(params);
    expect(message.usage).toEqual(whole.usage);
  });

  it('sees the events in the order of the API', async () => {
    const kinds: string[] = [];
    const partial: Record<number, string[]> = {};
    for await (const event of await client.messages.create({ ...params, stream: true })) {
      if (event.type === 'content_block_delta') {
        kinds.push(event.delta.type);
        if (event.delta.type === 'input_json_delta') {
          partial[event.index] = [...(partial[event.index] ?? []), event.delta.partial_json];
        }
      } else if (event.type === 'content_block_start') {
        kinds.push(`start ${event.index} ${event.content_block.type}`);
        if (event.content_block.type === 'tool_use') expect(event.content_block.input).toEqual({});
      } else kinds.push('index' in event ? `${event.type} ${event.index}` : event.type);
    }
    expect(kinds.filter((kind, place) => kind !== kinds[place - 1])).toEqual([
      'message_start',
      'start 0 thinking',
      'thinking_delta',
      'signature_delta',
      'content_block_stop 0',
      'start 1 text',
      'text_delta',
      'content_block_stop 1',
      'start 2 tool_use',
      'input_json_delta',
      'content_block_stop 2',
      'start 3 tool_use',
      'input_json_delta',
      'content_block_stop 3',
      'message_delta',
      'message_stop',
    ]);
    expect(partial[2]?.[0]).toBe('');
    expect(partial[2]?.length).toBeGreaterThan(3);
    expect(JSON.parse(partial[2]?.join('') ?? '')).toEqual(input);
    expect(partial[3]?.join('')).toBe('{}');
  });

  it('sends a ping right after message_start', async () => {
    const response = await client.messages.create({ ...params, stream: true }).asResponse();
    const names = [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names.slice(0, 3)).toEqual(['message_start', 'ping', 'content_block_start']);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  });

  it('may send back what it got, thinking and its signature included', async () => {
    const first = await client.messages.stream(params).finalMessage();
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'text' }] : [],
    );
    const messages = [
      ...params.messages,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: results },
    ];
    const second = await client.messages.stream({ ...params, messages }).finalMessage();
    expect(second.content).toMatchObject([{ type: 'text', text: 'Done.' }]);
    expect(second.stop_reason).toBe('end_turn');
    expect(api.requests.at(-1)).toMatchObject({ turn: 1, attempt: 1, outcome: 'answered', status: 200 });
  });

  it('gives every message and tool call an id of its own', async () => {
    const messages = await Promise.all([1, 2, 3].map(() => client.messages.create(params)));
    const ids = messages.flatMap(({ id, content }) => [
      id,
      ...content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])),
    ]);
    expect(new Set(ids).size).toBe(9);
  });

  it('hides thinking that is to be omitted, and accepts it back', async () => {
    const thinking = { type: 'adaptive' as const, display: 'omitted' as const };
    const { content } = await client.messages.stream({ ...params, thinking }).finalMessage();
    expect(content[0]).toEqual({ type: 'thinking', thinking: '', signature: expect.stringMatching(/^Sim/) });
    const messages = [
      { role: 'user' as const, content: 'Think.' },
      { role: 'assistant' as const, content: content.slice(0, 2) },
      { role: 'user' as const, content: 'Go on.' },
    ];
    expect((await client.messages.create({ ...params, thinking, messages })).stop_reason).toBe('end_turn');
  });

  it('counts tokens, lists models and understands errors', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: params.model, messages: params.messages });
    expect(input_tokens).toBe(Math.ceil('user text Read it.'.length / 4));
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toContain('claude-sonnet-5-5');
    expect((await client.models.retrieve('claude-opus-5-5')).type).toBe('model');
    await expect(client.messages.create({ ...params, messages: [] })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      requestID: expect.stringMatching(/^req_/),
    });
  });

  it('reads a stream that is cut anywhere, in the middle of characters too', async () => {
    for (const splitBytes of [1, 7, 97]) {
      await using split = await createSimulatedApi({ script: () => reply, splitBytes });
      const message = await new Anthropic({ baseURL: split.url, apiKey: 'key' }).messages.stream(params).finalMessage();
      expect(message.content).toEqual(expectedContent);
    }
  });

  it('waits for the latency, then sees the stream spread over time', async () => {
    await using slow = await createSimulatedApi({ script: () => reply, latencyMs: 120, streamMs: 120 });
    const started = performance.now();
    const times: number[] = [];
    const slowClient = new Anthropic({ baseURL: slow.url, apiKey: 'key' });
    for await (const _event of await slowClient.messages.create({ ...params, stream: true })) {
      times.push(performance.now() - started);
    }
    expect(times[0]).toBeGreaterThanOrEqual(115);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(60);
  });
});
