import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createSimulatedApi, type Fault, type SimulatedApi } from '../../simulated-api/server.js';
import { post, validBody } from './requests.ts';

const text = 'A sentence that is long enough for several pieces of text.';

function start(faults: Fault[], seed = 1): Promise<SimulatedApi> {
  return createSimulatedApi({ faults, seed, script: () => ({ content: [{ type: 'text', text }] }) });
}

const params = { model: 'claude-sonnet-5-5', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hello' }] };

function clientOf(api: SimulatedApi, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: api.url, apiKey: 'key', maxRetries, timeout: 5_000 });
}

describe('faults before the answer', () => {
  it('rate-limit: 429 with what to wait for', async () => {
    await using api = await start([{ kind: 'rate-limit', retryAfterSeconds: 3 }]);
    const { status, headers, body } = await post(api, validBody());
    expect({ status, type: body.error?.type }).toEqual({ status: 429, type: 'rate_limit_error' });
    expect(headers.get('retry-after')).toBe('3');
    expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
    expect(Date.parse(headers.get('anthropic-ratelimit-requests-reset') ?? '')).toBeGreaterThan(Date.now());
    expect(headers.get('x-should-retry')).toBe('true');
  });

  it.each<[Fault, number, string]>([
    [{ kind: 'overloaded' }, 529, 'overloaded_error'],
    [{ kind: 'server-error' }, 500, 'api_error'],
    [{ kind: 'http-error', status: 403, type: 'permission_error', message: 'No.' }, 403, 'permission_error'],
  ])('%j', async (fault, status, type) => {
    await using api = await start([fault]);
    const answer = await post(api, validBody({ stream: true }));
    expect({ status: answer.status, type: answer.body.error?.type }).toEqual({ status, type });
    expect(api.totals()).toMatchObject({ faulted: 1, answered: 0, faults: { [fault.kind]: 1 } });
    expect(api.problems()).toEqual([]);
  });

  it('lets a client that retries succeed', async () => {
    await using api = await start([
      { kind: 'rate-limit', at: 0, retryAfterSeconds: 0.02 },
      { kind: 'rate-limit', at: 1, retryAfterSeconds: 0.02 },
    ]);
    const message = await clientOf(api, 2).messages.create(params);
    expect(message.content).toMatchObject([{ text }]);
    expect(api.requests.map(({ outcome, attempt }) => `${outcome} ${attempt}`)).toEqual([
      'faulted 1',
      'faulted 2',
      'answered 3',
    ]);
  });

  it('latency: only later', async () => {
    await using api = await start([{ kind: 'latency', latencyMs: 150, at: 0 }]);
    const started = performance.now();
    expect((await post(api, validBody())).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(145);
  });
});

describe('faults during a stream', () => {
  it('stream-error: an error event in the middle', async () => {
    await using api = await start([{ kind: 'stream-error', afterEvents: 4 }]);
    const { status, text: body } = await post(api, validBody({ stream: true }));
    expect(status).toBe(200);
    const names = [...body.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names).toEqual(['message_start', 'ping', 'content_block_start', 'content_block_delta', 'error']);
    await expect(clientOf(api).messages.stream(params).finalMessage()).rejects.toMatchObject({
      type: 'overloaded_error',
    });
  });

  it.each<[string, Fault, number]>([
    ['after half of the events', { kind: 'drop' }, 300],
    ['after two events', { kind: 'drop', afterEvents: 2 }, 300],
    ['after 100 bytes', { kind: 'drop', afterBytes: 100 }, 100],
  ])('drop: the connection ends %s', async (_name, fault, minimumBytes) => {
    await using api = await start([fault]);
    const response = await fetch(`${api.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'key', 'anthropic-version': '2026-10-21', 'content-type': 'application/json' },
      body: JSON.stringify(validBody({ stream: true })),
    });
    expect(response.status).toBe(200);
    let bytes = 0;
    const reading = (async () => {
      for await (const chunk of response.body ?? []) bytes += chunk.length;
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(bytes).toBeGreaterThanOrEqual(minimumBytes);
    expect(api.requests[0]).toMatchObject({ outcome: 'faulted', fault: 'drop', usage: undefined });
  });

  it('drop: without a single byte', async () => {
    await using api = await start([{ kind: 'drop', afterBytes: 0 }]);
    await expect(post(api, validBody({ stream: true }))).rejects.toThrow('fetch failed');
    await expect(clientOf(api).messages.create(params)).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  });

  it('stall: silent for a while, then complete', async () => {
    await using api = await start([{ kind: 'stall', stallMs: 200, afterEvents: 3 }]);
    const times: number[] = [];
    for await (const _event of await clientOf(api).messages.create({ ...params, stream: true })) {
      times.push(performance.now());
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(150);
    expect(api.requests[0]).toMatchObject({ outcome: 'answered', fault: 'stall' });
  });

  it('stall: notices that the client went away', async () => {
    await using api = await start([{ kind: 'stall', stallMs: 60_000, afterEvents: 3 }]);
    const controller = new AbortController();
    const stream = await clientOf(api).messages.create({ ...params, stream: true }, { signal: controller.signal });
    for await (const event of stream) if (event.type === 'content_block_start') break;
    controller.abort();
    await expect.poll(() => api.requests[0]?.outcome).toBe('aborted');
    expect(api.totals()).toMatchObject({ aborted: 1, inFlight: 0 });
  });

  it('strike answers outside a stream, too', async () => {
    await using api = await start([
      { kind: 'stream-error', errorType: 'api_error', at: 0 },
      { kind: 'drop', at: 1 },
      { kind: 'stall', stallMs: 100, at: 2 },
    ]);
    expect((await post(api, validBody())).status).toBe(500);
    await expect(post(api, validBody())).rejects.toThrow('terminated');
    const started = performance.now();
    expect((await post(api, validBody())).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(90);
  });
});

describe('which request a fault hits', () => {
  const statuses = async (api: SimulatedApi, texts: string[]) => {
    const result: number[] = [];
    for (const content of texts) {
      result.push((await post(api, validBody({ messages: [{ role: 'user', content }] }))).status);
    }
    return result;
  };

  it('by index, by text, by attempt, by predicate, and no more often than told', async () => {
    await using byIndex = await start([{ kind: 'overloaded', at: [0, 2] }]);
    expect(await statuses(byIndex, ['a', 'a', 'a'])).toEqual([529, 200, 529]);
    await using byText = await start([{ kind: 'overloaded', match: 'beta' }]);
    expect(await statuses(byText, ['alpha', 'the beta', 'gamma'])).toEqual([200, 529, 200]);
    await using byAttempt = await start([{ kind: 'overloaded', attempts: 1 }]);
    expect(await statuses(byAttempt, ['a', 'b', 'a', 'b'])).toEqual([529, 529, 200, 200]);
    await using byPredicate = await start([
      { kind: 'server-error', match: (request, { turn }) => turn === 0 && request.max_tokens === 1024, times: 1 },
    ]);
    expect(await statuses(byPredicate, ['a', 'b'])).toEqual([500, 200]);
    await using byTurn = await start([{ kind: 'server-error', turn: 1 }]);
    expect(await statuses(byTurn, ['a'])).toEqual([200]);
  });

  it('by probability, the same for the same seed', async () => {
    const texts = Array.from({ length: 200 }, (_unused, index) => `request ${index}`);
    const run = async (seed: number) => {
      await using api = await start([{ kind: 'overloaded', probability: 0.2 }], seed);
      return await statuses(api, texts);
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const hits = first.filter((status) => status === 529).length;
    expect(hits).toBeGreaterThan(20);
    expect(hits).toBeLessThan(60);
  });
});
