import { describe, expect, it, onTestFinished } from 'vitest';
import { FanfoldError } from '../../../tasks/index.ts';
import { createAnthropicClients } from '../../../worker/agent/model/anthropic-clients.ts';
import { createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';
import { joinGovernor } from '../../../worker/agent/model/governor/join.ts';
import { createMember } from '../../../worker/agent/model/governor/member.ts';
import type { ContentBlock, Message, ModelRequest, ModelTurn } from '../../../worker/agent/model/model.ts';
import {
  createSimulatedApi,
  type Fault,
  type SimulatedApi,
  type SimulatedApiOptions,
} from '../../simulated-api/server.js';

async function simulatedApi(options: SimulatedApiOptions): Promise<SimulatedApi> {
  const api = await createSimulatedApi(options);
  onTestFinished(() => api.close());
  return api;
}

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const tool = { name: 'Read', description: 'Reads.', input_schema: { type: 'object', properties: {} } };
const request = (messages: Message[] = [user('Hello')]): ModelRequest => ({
  tools: [tool],
  system: [{ type: 'text', text: 'Be brief.' }],
  messages,
});

type Options = Parameters<typeof createAnthropicModel>[0];

function modelOf(api: SimulatedApi, options: Options = {}) {
  return createAnthropicModel({ environment: api.environment, baseUrl: api.url, backoffMs: 10, ...options });
}

async function ask(api: SimulatedApi, options: Options = {}, messages?: Message[]): Promise<ModelTurn> {
  return modelOf(api, options).stream(request(messages), { signal: new AbortController().signal });
}

const reply = { content: [{ type: 'text' as const, text: 'Grüße ✓' }] };
const fetches: [string, Options][] = [
  ['the lean fetch', {}],
  ['the global fetch', { fetch: globalThis.fetch }],
];

describe.each(fetches)('over %s', (_name, options) => {
  it('assembles text, thinking with its signature and tool calls, in any pieces', async () => {
    const content = [
      { type: 'thinking' as const, thinking: 'Let me see …' },
      { type: 'redacted_thinking' as const, data: 'abc' },
      { type: 'text' as const, text: 'Grüße ✓' },
      { type: 'tool_use' as const, name: 'Read', input: { file_path: 'ä.txt', nested: { a: [1, null] } } },
      { type: 'tool_use' as const, name: 'Read', input: {} },
    ];
    const api = await simulatedApi({
      splitBytes: 3,
      script: (_request, { turn }) => (turn === 0 ? { content } : reply),
    });
    const model = modelOf(api, options);
    const blocks: ContentBlock[] = [];
    let said = '';
    const { signal } = new AbortController();
    const turn = await model.stream(request(), {
      signal,
      onBlock: (block) => blocks.push(block),
      onText: (text) => {
        said += text;
      },
    });
    if (!turn.ok) throw new Error(turn.error.message);
    expect(turn).toMatchObject({ stopReason: 'tool_use', content });
    expect(blocks).toEqual(turn.content);
    expect(said).toBe('Grüße ✓');
    expect(turn.usage).toMatchObject({ inputTokens: expect.any(Number), usd: expect.any(Number) });
    expect(turn.usage.outputTokens).toBeGreaterThan(0);
    expect(turn.usage.usd).toBeGreaterThan(0);
    // The server checks signatures and the pairing of calls and results.
    const results = turn.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'x' }] : [],
    );
    const conversation: Message[] = [
      user('Hello'),
      { role: 'assistant', content: turn.content },
      { role: 'user', content: results },
    ];
    expect(await model.stream(request(conversation), { signal })).toMatchObject({ ok: true, content: reply.content });
    api.assertFinished();
  });

  it.each<[string, Fault]>([
    ['429 with retry-after', { kind: 'rate-limit', retryAfterSeconds: 0.01, attempts: 4 }],
    ['529', { kind: 'overloaded', attempts: 1 }],
    ['500', { kind: 'server-error', attempts: 1 }],
    ['an overload inside the stream', { kind: 'stream-error', attempts: 2 }],
    ['a dropped stream', { kind: 'drop', attempts: 2 }],
    ['a drop before the first byte', { kind: 'drop', afterBytes: 0, attempts: 1 }],
    ['a stalled stream', { kind: 'stall', stallMs: 60_000, attempts: 1 }],
  ])('asks again after %s', async (_what, fault) => {
    const api = await simulatedApi({ faults: [fault], script: () => reply });
    const turn = await ask(api, { ...options, idleTimeoutMs: 200 });
    expect(turn).toMatchObject({ ok: true, content: reply.content, stopReason: 'end_turn' });
    expect(api.totals().requests).toBe(1 + (fault.attempts ?? 0));
  });

  it('gives up on what does not pass, as a transient failure', async () => {
    const dropping = await simulatedApi({ faults: [{ kind: 'drop' }], script: () => reply });
    expect(await ask(dropping, { ...options, attempts: 2 })).toMatchObject({
      ok: false,
      error: { code: 'model-failed', failure: 'transient' },
    });
    expect(dropping.totals().requests).toBe(2);
    const busy = await simulatedApi({ faults: [{ kind: 'stream-error' }], script: () => reply });
    const patience = { overloads: 3, waitMs: 60_000 };
    expect(await ask(busy, { ...options, patience })).toMatchObject({
      ok: false,
      error: { code: 'model-overloaded', failure: 'transient', next: expect.stringContaining('--concurrency') },
    });
    expect(busy.totals().requests).toBe(3);
  });

  it.each([
    [400, 'model-failed'],
    [401, 'credentials-missing'],
    [403, 'model-failed'],
    [404, 'model-failed'],
    [413, 'model-failed'],
  ])('does not ask again after %i', async (status, code) => {
    const fault: Fault = { kind: 'http-error', status, type: 'some_error', message: 'this is why' };
    const api = await simulatedApi({ faults: [fault], script: () => reply });
    const turn = await ask(api, options);
    expect(turn).toMatchObject({ ok: false, error: { code, failure: 'permanent', data: { status } } });
    expect(turn.ok ? '' : turn.error.message).toContain('this is why');
    expect(api.totals().requests).toBe(1);
  });

  it.each([0, 300])('stops at once when cancelled, while waiting or streaming (%i ms)', async (streamMs) => {
    const api = await simulatedApi({ latencyMs: streamMs === 0 ? 5_000 : 0, streamMs: 10_000, script: () => reply });
    const controller = new AbortController();
    const reason = new FanfoldError({ code: 'timeout', message: 'Late.', next: 'None.', failure: 'timeout' });
    const turning = modelOf(api, options).stream(request(), { signal: controller.signal });
    await expect.poll(() => api.requests, { timeout: 20_000 }).toHaveLength(1);
    setTimeout(() => controller.abort(reason), 50);
    const startedAt = performance.now();
    const turn = await turning;
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(turn).toMatchObject({ ok: false, error: { code: 'timeout', failure: 'timeout' } });
    await expect.poll(() => api.requests[0]?.outcome).toBe('aborted');
  });
});

describe('credentials and servers', () => {
  it('needs none for a server of one’s own, and says so when they are missing for the public one', async () => {
    const api = await simulatedApi({ requireKey: false, script: () => reply });
    const signal = new AbortController().signal;
    const local = createAnthropicModel({ environment: {}, baseUrl: api.url, name: 'llama' });
    expect(await local.stream(request(), { signal })).toMatchObject({ ok: true, usage: { usd: 0 } });
    const away = createAnthropicModel({ environment: {} });
    expect(await away.stream(request(), { signal })).toMatchObject({
      ok: false,
      error: { code: 'credentials-missing', failure: 'permanent', next: expect.stringContaining('ANTHROPIC_API_KEY') },
    });
  });

  it('says soon that nobody is there', async () => {
    const startedAt = performance.now();
    const model = createAnthropicModel({ environment: {}, baseUrl: 'http://127.0.0.1:9', backoffMs: 10 });
    const turn = await model.stream(request(), { signal: new AbortController().signal });
    expect(turn).toMatchObject({ ok: false, error: { code: 'model-failed', failure: 'transient' } });
    expect(turn.ok ? '' : turn.error.message).toContain('ECONNREFUSED');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('shares connections, and leaves no listener on a signal that lives long', async () => {
    const api = await simulatedApi({ script: () => reply });
    const clients = createAnthropicClients({ environment: api.environment });
    const { signal } = new AbortController();
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', listen);
    for (let count = 0; count < 30; count += 1) {
      const model = modelOf(api, { clients });
      expect((await model.stream(request(), { signal })).ok).toBe(true);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('sends the limits of the model', async () => {
    const api = await simulatedApi({ script: () => reply });
    await ask(api);
    await ask(api, { name: 'llama' });
    await ask(api, { maxTokens: 77 });
    expect(api.requests.map(({ body }) => body)).toMatchObject([
      { model: 'claude-sonnet-5-5', max_tokens: 32_000, stream: true },
      { model: 'llama', max_tokens: 8_192 },
      { model: 'claude-sonnet-5-5', max_tokens: 77 },
    ]);
  });
});

describe('waiting', () => {
  const late = new FanfoldError({ code: 'timeout', message: 'Late.', next: 'None.', failure: 'timeout' });

  it('for a limit is told once for each wait, costs no try, and no time limit of the server counts it', async () => {
    const fault: Fault = { kind: 'rate-limit', retryAfterSeconds: 1.2, attempts: 3 };
    const api = await simulatedApi({ faults: [fault], script: () => reply });
    const told: string[] = [];
    const turn = await modelOf(api, { attempts: 1, idleTimeoutMs: 500 }).stream(request(), {
      signal: new AbortController().signal,
      onActivity: (activity) => told.push(activity),
    });
    expect(turn).toMatchObject({ ok: true, content: reply.content });
    expect(told).toEqual(Array(3).fill('waits for the rate limit (1 s)'));
    expect(api.totals().requests).toBe(4);
  });

  it.each<[string, Fault]>([
    ['a limit', { kind: 'rate-limit', retryAfterSeconds: 60 }],
    ['an overload', { kind: 'overloaded' }],
  ])('for %s ends with the time of the subtask, and the error says so', async (_what, fault) => {
    const api = await simulatedApi({ faults: [fault], script: () => reply });
    const controller = new AbortController();
    const turning = modelOf(api, { backoffMs: 100_000 }).stream(request(), { signal: controller.signal });
    await expect.poll(() => api.totals().faulted).toBe(1);
    setTimeout(() => controller.abort(late), 100);
    const turn = await turning;
    expect(turn).toMatchObject({
      ok: false,
      error: { code: 'timeout', failure: 'timeout', next: expect.stringContaining('model.fallback') },
    });
    expect(turn.ok ? '' : turn.error.message).toMatch(/^Late\. For \d+ s of that it waited for claude-sonnet-5-5/);
  });

  it('all models of an account and a name wait together, others do not', async () => {
    const fault: Fault = { kind: 'rate-limit', retryAfterSeconds: 1.5, times: 1 };
    const api = await simulatedApi({ faults: [fault], script: () => reply });
    const clients = createAnthropicClients({ environment: api.environment });
    const governor = createMember({ join: () => joinGovernor({ parents: [] }) });
    onTestFinished(() => governor[Symbol.asyncDispose]());
    const timed = async (options: Options): Promise<number> => {
      const startedAt = performance.now();
      expect(await ask(api, { clients, governor, ...options })).toMatchObject({ ok: true });
      return performance.now() - startedAt;
    };
    const refused = timed({});
    await expect.poll(() => api.totals().faulted).toBe(1);
    const [same, other] = await Promise.all([timed({}), timed({ name: 'claude-opus-5-5' })]);
    expect(same).toBeGreaterThan(1_000);
    expect(other).toBeLessThan(1_000);
    await refused;
  });
});
