import { expect, it, onTestFinished } from 'vitest';
import { createSimulatedApi, type SimulatedApiOptions } from '../../simulated-api/server.js';
import { post, validBody } from './requests.ts';

async function answerTo(tokens: number, change: Record<string, unknown> = {}, options: SimulatedApiOptions = {}) {
  const api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Hi' }] }), ...options });
  onTestFinished(() => api.close());
  const { status, body } = await post(
    api,
    validBody({ messages: [{ role: 'user', content: 'x'.repeat(4 * tokens) }], ...change }),
  );
  return { status, message: body.error?.message, problems: api.problems().length };
}

it('refuses a prompt that is longer than the window of the model, in the words of the API', async () => {
  const model = 'claude-sonnet-4-5';
  expect(await answerTo(199_000, { model })).toMatchObject({ status: 200, problems: 0 });
  expect(await answerTo(200_001, { model })).toMatchObject({
    status: 400,
    message: expect.stringMatching(/^prompt is too long: 20000\d tokens > 200000 maximum$/),
    problems: 1,
  });
  expect(await answerTo(200_001)).toMatchObject({ status: 200 });
  expect((await answerTo(1_000_001)).message).toMatch(/ > 1000000 maximum$/);
});

it('has the window that a test gives it, and none for models it does not know', async () => {
  const model = 'local-model';
  expect(await answerTo(250_000, { model })).toMatchObject({ status: 200 });
  expect((await answerTo(2_000, { model }, { contextTokens: 1_000 })).message).toMatch(/ > 1000 maximum$/);
});

it('wants room for the whole answer with older models', async () => {
  const model = 'claude-opus-4-1';
  expect(await answerTo(198_000, { model })).toMatchObject({ status: 200 });
  expect((await answerTo(199_500, { model })).message).toMatch(
    /^input length and `max_tokens` exceed context limit: 1995\d\d \+ 1024 > 200000/,
  );
});
