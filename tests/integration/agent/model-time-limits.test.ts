import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AnthropicModelOptions, createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';
import type { ModelTurn } from '../../../worker/agent/model/model.ts';

type Behaviour = (response: ServerResponse) => void;

const eventStream = { 'content-type': 'text/event-stream' };
const event = (data: { type: string } & Record<string, unknown>): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const opening = [
  event({ type: 'message_start', message: { usage: { input_tokens: 3 } } }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
];
const closing = [
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }),
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
  event({ type: 'message_stop' }),
];

const answer: Behaviour = (response) =>
  void response.writeHead(200, eventStream).end([...opening, ...closing].join(''));
const silence: Behaviour = () => {};
const headersAlone: Behaviour = (response) => void response.writeHead(200, eventStream).flushHeaders();
const halfAnAnswer: Behaviour = (response) => void response.writeHead(200, eventStream).write(opening.join(''));
const halfAnError: Behaviour = (response) =>
  void response.writeHead(400, { 'content-type': 'application/json' }).write('{"type":"error"');
/** Signs of life every 30 ms, and after `count` of them the answer. */
const signsOfLife =
  (count: number): Behaviour =>
  (response) => {
    response.writeHead(200, eventStream).write(opening.join(''));
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      if (sent <= count) return void response.write(event({ type: 'ping' }));
      clearInterval(timer);
      response.end(closing.join(''));
    }, 30);
    response.once('close', () => clearInterval(timer));
  };

/** A server that behaves so at the first request, so at the second, and like the last at all others. */
async function server(...behaviours: Behaviour[]) {
  const seen = { requests: 0, open: 0 };
  const listening = createServer((request, response) => {
    seen.open += 1;
    request.resume();
    response.once('close', () => {
      seen.open -= 1;
    });
    (behaviours[seen.requests] ?? behaviours.at(-1) ?? answer)(response);
    seen.requests += 1;
  });
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { seen, url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}` };
}

async function ask(
  url: string,
  options: AnthropicModelOptions = {},
  signal = new AbortController().signal,
): Promise<ModelTurn> {
  const model = createAnthropicModel({
    environment: { ANTHROPIC_API_KEY: 'sk-test' },
    baseUrl: url,
    backoffMs: 5,
    idleTimeoutMs: 300,
    ...options,
  });
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }];
  return model.stream({ tools: [], system: [], messages }, { signal });
}

const fetches: [string, AnthropicModelOptions][] = [
  ['the lean fetch', {}],
  ['the global fetch', { fetch: globalThis.fetch }],
];

describe.each(fetches)('a server that hangs, over %s', (_name, options) => {
  it.each<[string, Behaviour]>([
    ['before its headers', silence],
    ['after its headers', headersAlone],
    ['within its answer', halfAnAnswer],
    ['behind signs of life', signsOfLife(Number.POSITIVE_INFINITY)],
  ])('%s is asked again', async (_where, behaviour) => {
    const { seen, url } = await server(behaviour, answer);
    expect(await ask(url, options)).toMatchObject({ ok: true, content: [{ type: 'text', text: 'Hello.' }] });
    expect(seen.requests).toBe(2);
    await expect.poll(() => seen.open).toBe(0);
  });

  it.each<[string, Behaviour]>([
    ['before its headers', silence],
    ['within its answer', halfAnAnswer],
  ])('%s each time is given up after few tries, as a failure that may pass', async (_where, behaviour) => {
    const { seen, url } = await server(behaviour);
    const turn = await ask(url, options);
    expect(turn).toMatchObject({
      ok: false,
      error: { code: 'model-failed', failure: 'timeout', next: expect.stringContaining('model.idleTimeout') },
    });
    // Three in a row; with a limit as short as here the client's pauses between its tries count as silence too.
    expect(seen.requests).toBeGreaterThanOrEqual(3);
    expect(seen.requests).toBeLessThanOrEqual(6);
    await expect.poll(() => seen.open).toBe(0);
  });

  it('within an error ends all the same when the agent is cancelled', async () => {
    const { url } = await server(halfAnError);
    const startedAt = performance.now();
    const turn = await ask(url, options, AbortSignal.timeout(400));
    expect(turn.ok).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

it('signs of life keep a slow answer going', async () => {
  const { seen, url } = await server(signsOfLife(20));
  expect(await ask(url)).toMatchObject({ ok: true, content: [{ text: 'Hello.' }] });
  expect(seen.requests).toBe(1);
});

it('a request that nothing can end does not hold up the agent', async () => {
  const { signal } = new AbortController();
  const never = (): Promise<Response> => new Promise(() => {});
  const cancelled = await ask('http://127.0.0.1:9', { fetch: never }, AbortSignal.timeout(200));
  expect(cancelled).toMatchObject({ ok: false });
  const overdue = await ask('http://127.0.0.1:9', { fetch: never, idleTimeoutMs: 50 }, signal);
  expect(overdue).toMatchObject({ ok: false, error: { failure: 'timeout' } });
});
