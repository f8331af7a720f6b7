import { expect, it, onTestFinished } from 'vitest';
import { createSimulatedApi, type RateLimits } from '../../simulated-api/server.js';
import { post, validBody } from './requests.ts';

async function start(rateLimits: RateLimits) {
  const content = [{ type: 'text' as const, text: 'x'.repeat(400) }];
  const api = await createSimulatedApi({ rateLimits, script: () => ({ content }) });
  onTestFinished(() => api.close());
  const ask = async (model = 'claude-sonnet-5-5') => {
    const { status, headers } = await post(api, validBody({ model }));
    const left = (kind: string) => headers.get(`anthropic-ratelimit-${kind}-remaining`);
    return { status, headers, left };
  };
  return { api, ask };
}

it('tells on each answer what is left, and refuses what is too much with the whole seconds to wait', async () => {
  const { api, ask } = await start({ requests: 3, windowMs: 60_000 });
  for (const left of ['2', '1', '0']) expect((await ask()).left('requests')).toBe(left);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('20');
  expect(refused.headers.get('anthropic-ratelimit-requests-limit')).toBe('3');
  const reset = refused.headers.get('anthropic-ratelimit-requests-reset') ?? '';
  expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Date.parse(reset) - Date.now()).toBeGreaterThan(57_000);
  // Each model has limits of its own.
  expect((await ask('claude-opus-5-5')).status).toBe(200);
  expect(api.totals()).toMatchObject({ answered: 4, faulted: 1, faults: { 'rate-limit': 1 } });
  expect(api.problems()).toEqual([]);
});

it('gives back what was used, evenly', async () => {
  const { ask } = await start({ requests: 2, windowMs: 1_000 });
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 200, 429]);
  await expect.poll(async () => (await ask()).status, { interval: 100, timeout: 5_000 }).toBe(200);
});

it('counts tokens: input before, output when it has been written', async () => {
  const input = await start({ inputTokens: 5_000, windowMs: 600_000 });
  expect((await input.ask()).left('input-tokens')).toBe('4000');
  const output = await start({ outputTokens: 150, windowMs: 600_000 });
  expect([(await output.ask()).status, (await output.ask()).status]).toEqual([200, 200]);
  expect((await output.ask()).status).toBe(429);
});
