import { expect, it, onTestFinished } from 'vitest';
import { createAnthropicModel } from '../../../../worker/agent/model/anthropic-model.ts';
import type { ModelRequest } from '../../../../worker/agent/model/model.ts';
import { createSimulatedApi, type SimulatedApiOptions } from '../../../simulated-api/server.js';

async function ask(characters: number, options: SimulatedApiOptions, name = 'claude-sonnet-4-5') {
  const api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Hi' }] }), ...options });
  onTestFinished(() => api.close());
  const model = createAnthropicModel({ name, environment: api.environment, backoffMs: 1 });
  const request: ModelRequest = {
    tools: [],
    system: [],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(characters) }] }],
  };
  const turn = await model.stream(request, { signal: new AbortController().signal });
  return { turn, requests: api.totals().requests, limits: model.limits };
}

it.each(['claude-sonnet-4-5', 'claude-opus-4-1'])(
  'a prompt that %s has no room for has a code of its own, and is not tried again',
  async (name) => {
    const { turn, requests } = await ask(1_000_000, {}, name);
    expect(turn).toMatchObject({ ok: false, error: { code: 'context-exhausted', failure: 'permanent' } });
    expect(requests).toBe(1);
  },
);

it('other refusals have not', async () => {
  const fault = {
    kind: 'http-error' as const,
    status: 400,
    type: 'invalid_request_error',
    message: 'max_tokens: too large',
  };
  expect((await ask(10, { faults: [fault] })).turn).toMatchObject({ ok: false, error: { code: 'model-failed' } });
});

it('a model tells its limits, and after a try that failed what the answered request used alone', async () => {
  const { turn, limits } = await ask(40_000, { faults: [{ kind: 'drop', attempts: 1, afterEvents: 3 }] });
  expect(limits).toEqual({ contextTokens: 200_000, outputTokens: 32_000 });
  if (!turn.ok) throw new Error(turn.error.message);
  expect(turn.answered?.inputTokens).toBeGreaterThan(10_000);
  expect(turn.usage.inputTokens).toBe(2 * (turn.answered?.inputTokens ?? 0));
  expect((await ask(10, {})).turn).not.toHaveProperty('answered');
});
