import { expect, it, onTestFinished } from 'vitest';
import { amountsOfUsage, createLedgerMemory, joinLedger, limitsOf } from '../../../ipc/index.ts';
import { type Budget, noUsage, totalTokens } from '../../../tasks/index.ts';
import { createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';
import { runAccount } from '../../../worker/agent/model/budget/accounts.ts';
import { paidModel } from '../../../worker/agent/model/budget/paid-model.ts';
import type { Model, ModelRequest, ModelTurn } from '../../../worker/agent/model/model.ts';
import { createSimulatedApi, type SimulatedApiOptions } from '../../simulated-api/server.js';

const request: ModelRequest = {
  tools: [],
  system: [{ type: 'text', text: 'Be brief.' }],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Say it.' }] }],
};

async function setUp(budget: Budget, options: SimulatedApiOptions, settings: { maxTokens?: number } = {}) {
  const api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Said.' }] }), ...options });
  onTestFinished(() => api.close());
  const ledger = joinLedger(createLedgerMemory(limitsOf(budget), 1), 'test');
  const models = () =>
    createAnthropicModel({ environment: api.environment, baseUrl: api.url, backoffMs: 5, ...settings });
  const paid = () => paidModel(models(), { accounts: [runAccount(ledger, { isWhole: true })] });
  const ask = (signal = new AbortController().signal): Promise<ModelTurn> => paid().stream(request, { signal });
  return { api, ledger, ask };
}

const lengths = (api: Awaited<ReturnType<typeof setUp>>['api']) =>
  api.requests.map(({ body }) => (body as { max_tokens: number }).max_tokens);

it('sets aside before the request, settles after it, and counts what the turn counts', async () => {
  const { ledger, ask } = await setUp({ usd: 1 }, {});
  const turn = await ask();
  expect(turn.ok).toBe(true);
  expect(ledger.standing()).toMatchObject({ spent: amountsOfUsage(turn.usage), reserved: { tokens: 0, money: 0 } });
});

it('asks for a shorter answer where a whole one is too dear, and for none where that is of no use', async () => {
  const { api, ask } = await setUp({ tokens: 6_000 }, {}, { maxTokens: 30_000 });
  let turn = await ask();
  for (let asked = 1; turn.ok && asked < 400; asked += 1) turn = await ask();
  expect(turn).toMatchObject({
    ok: false,
    error: { code: 'budget-exhausted', failure: 'cancelled', data: { scope: 'run', limit: 'tokens' } },
  });
  const asked = lengths(api);
  expect(asked[0]).toBeLessThan(6_000);
  expect(asked.at(-1)).toBeGreaterThanOrEqual(1_024);
  expect(asked.at(-1)).toBeLessThan(1_200);
  expect(asked).toEqual(asked.toSorted((left, right) => right - left));
  expect(api.totals().inputTokens + api.totals().outputTokens).toBeLessThanOrEqual(6_000);
});

it('pays for each try: what was cut off counts, and the next try waits for what is left', async () => {
  const { api, ledger, ask } = await setUp(
    { tokens: 100_000 },
    {
      script: () => ({ content: [{ type: 'text', text: 'long '.repeat(4_000) }] }),
      faults: [
        { kind: 'drop', attempts: 3 },
        { kind: 'rate-limit', retryAfterSeconds: 0.01, probability: 0.3 },
      ],
    },
    { maxTokens: 6_000 },
  );
  const turn = await ask();
  expect(turn.ok).toBe(true);
  expect(api.totals().faults.drop).toBe(3);
  // Three halves of an answer and a whole one.
  expect(turn.usage.outputTokens).toBeGreaterThan(2 * 5_000);
  // What came of one that was cut off may have been a token a byte: as long as it was allowed to be.
  const { inputTokens, outputTokens } = (turn.ok ? turn.answered : undefined) ?? turn.usage;
  expect(outputTokens).toBeLessThan(6_000);
  expect(ledger.standing()).toMatchObject({
    spent: { tokens: 4 * inputTokens + outputTokens + 3 * 6_000 },
    reserved: { tokens: 0, money: 0 },
  });
});

it('gives up a turn in the middle of its tries when the budget ends', async () => {
  const { ledger, ask } = await setUp(
    { tokens: 14_000 },
    { script: () => ({ content: [{ type: 'text', text: 'long '.repeat(4_000) }] }), faults: [{ kind: 'drop' }] },
    { maxTokens: 5_000 },
  );
  const turn = await ask();
  expect(turn).toMatchObject({ ok: false, error: { code: 'budget-exhausted' } });
  expect(totalTokens(turn.usage)).toBeLessThan(ledger.standing().spent.tokens);
  expect(ledger.standing().spent.tokens).toBeLessThanOrEqual(14_000);
});

it('waits for others, and no longer than its signal', async () => {
  const { api, ledger, ask } = await setUp({ tokens: 10_000 }, { latencyMs: 60_000 }, { maxTokens: 6_000 });
  const first = new AbortController();
  const second = new AbortController();
  const turns = [ask(first.signal), ask(second.signal)];
  await expect.poll(() => api.totals().requests).toBe(1);
  second.abort(new Error('enough'));
  expect(await turns[1]).toMatchObject({ ok: false, usage: noUsage() });
  first.abort(new Error('enough'));
  await turns[0];
  expect(api.totals().requests).toBe(1);
  expect(ledger.standing().reserved).toEqual({ tokens: 0, money: 0 });
});

it('counts what a model has used that knows of no purse', async () => {
  const ledger = joinLedger(createLedgerMemory(limitsOf({ tokens: 100 }), 1), 'test');
  const usage = { ...noUsage(), inputTokens: 70, outputTokens: 5 };
  const own: Model = { name: 'own', stream: async () => ({ ok: true, content: [], stopReason: 'end_turn', usage }) };
  const seen: number[] = [];
  const paid = paidModel(own, {
    accounts: [runAccount(ledger, { isWhole: true })],
    onUsage: (more) => seen.push(totalTokens(more)),
  });
  await paid.stream(request, { signal: new AbortController().signal });
  expect(ledger.standing().spent.tokens).toBe(75);
  expect(seen).toEqual([75]);
});

it('serves hundreds of requests at once from several accounts without passing any limit', async () => {
  const { api, ask, ledger } = await setUp(
    { tokens: 40_000, usd: 10 },
    {
      latencyMs: 2,
      faults: [
        { kind: 'drop', probability: 0.2 },
        { kind: 'overloaded', probability: 0.05 },
      ],
    },
    { maxTokens: 2_000 },
  );
  const turns = await Promise.all(Array.from({ length: 300 }, () => ask()));
  const spent = turns.reduce((sum, { usage }) => sum + totalTokens(usage), 0);
  expect(spent).toBeLessThanOrEqual(40_000);
  expect(ledger.standing()).toMatchObject({ reserved: { tokens: 0, money: 0 } });
  expect(ledger.standing().spent.tokens).toBeGreaterThanOrEqual(spent);
  expect(ledger.standing().spent.tokens).toBeLessThanOrEqual(40_000);
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = api.totals();
  expect(inputTokens + outputTokens + cacheReadTokens + cacheCreationTokens).toBeLessThanOrEqual(spent);
});
