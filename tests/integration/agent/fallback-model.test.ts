import { describe, expect, it, onTestFinished } from 'vitest';
import { FanfoldError, noUsage } from '../../../tasks/index.ts';
import { createFallbackModel, restMs } from '../../../worker/agent/model/fallback-model.ts';
import type { ContentBlock, Message, Model, ModelRequest, ModelTurn } from '../../../worker/agent/model/model.ts';
import { createModelSource } from '../../../worker/agent/model/model-source.ts';
import { costOf } from '../../../worker/agent/model/model-table.ts';
import { createSimulatedApi, type Fault, type SimulatedApiOptions } from '../../simulated-api/server.js';

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const request = (messages: Message[] = [user('Hello')]): ModelRequest => ({ tools: [], system: [], messages });
const [first, second] = ['claude-opus-5-5', 'claude-sonnet-5-5'];

async function source(options: SimulatedApiOptions) {
  const api = await createSimulatedApi(options);
  const models = createModelSource({ environment: api.environment });
  onTestFinished(async () => {
    await models[Symbol.asyncDispose]();
    await api.close();
  });
  return { api, models, asked: () => api.requests.map(({ body }) => (body as { model: string }).model) };
}

const overloaded = (model: string, rest: Partial<Fault> = {}): Fault =>
  ({ kind: 'overloaded', match: (body: { model: string }) => body.model === model, ...rest }) as Fault;
const thought = { type: 'thinking' as const, thinking: 'Let me see …' };
const reply = (words: string) => ({ content: [thought, { type: 'text' as const, text: words }] });

describe('a chain of models over the API', () => {
  it('lets the next take the turn after three overloads in a row, says so, and counts by its price', async () => {
    const { models, asked } = await source({ faults: [overloaded(first)], script: () => reply('Done.') });
    const model = models.model({ name: first, fallback: [second] });
    const told: string[] = [];
    const signal = AbortSignal.timeout(50_000);
    const turn = await model.stream(request(), { signal, onActivity: (activity) => told.push(activity) });
    expect(turn).toMatchObject({ ok: true, model: second, content: [{}, { text: 'Done.' }] });
    expect(asked()).toEqual([first, first, first, second]);
    const { usd, ...tokens } = turn.usage;
    expect(usd).toBeCloseTo(costOf(second, tokens));
    expect(usd).toBeGreaterThan(0);
    const changes = told.filter((activity) => activity.includes('takes over'));
    expect(changes).toEqual([
      `${first} is overloaded: ${second} takes over, without what the prompt cache held (change 1 of model)`,
    ]);
    // The next turn, and those of others, do not try the first again so soon.
    const other = models.model({ name: first, fallback: [second] });
    expect(await model.stream(request(), { signal })).toMatchObject({ ok: true, model: second });
    expect(await other.stream(request(), { signal })).toMatchObject({ ok: true, model: second });
    expect(asked()).toHaveLength(6);
  });

  it('does not wait for a limit that is closed for longer than a minute', async () => {
    const limited: Fault = {
      kind: 'rate-limit',
      retryAfterSeconds: 3_600,
      match: ({ model }) => model === first,
    };
    const { models, asked } = await source({ faults: [limited], script: () => reply('Done.') });
    const settings = { name: first, fallback: [second] };
    const signal = AbortSignal.timeout(50_000);
    expect(await models.model(settings).stream(request(), { signal })).toMatchObject({ ok: true, model: second });
    expect(asked()).toEqual([first, second]);
  });

  it('sends no model thoughts that another has signed', async () => {
    const { api, models, asked } = await source({
      faults: [overloaded(first, { turn: 1 })],
      script: (_request, { turn }) => reply(`Turn ${turn}.`),
    });
    const model = models.model({ name: first, fallback: [second] });
    const { signal } = new AbortController();
    const conversation: Message[] = [user('Hello')];
    for (let count = 0; count < 3; count += 1) {
      const turn = await model.stream(request(conversation), { signal });
      if (!turn.ok) throw new Error(turn.error.message);
      conversation.push({ role: 'assistant', content: turn.content }, user('Go on.'));
    }
    // The server refuses a signature that is not of the model it is sent to; its own it gets back.
    expect(asked()).toEqual([first, first, first, first, second, second]);
    const types = (index: number) => {
      const body = (api.requests[index]?.body ?? {}) as { messages?: { content: { type: string }[] }[] };
      return (body.messages ?? []).map(({ content }) => content.map(({ type }) => type));
    };
    expect(types(1)[1]).toEqual(['thinking', 'text']);
    expect(types(5).slice(1)).toEqual([['text'], ['text'], ['thinking', 'text'], ['text']]);
    api.assertFinished();
  });

  it('an agent that goes on sends no thoughts of a model that stood in for the one it has', async () => {
    const { models, api } = await source({ script: () => reply('Done.') });
    const { signal } = new AbortController();
    const turn = await models.model({ name: second }).stream(request(), { signal });
    if (!turn.ok) throw new Error(turn.error.message);
    const [signed] = turn.content;
    if (signed?.type !== 'thinking') throw new Error('no thought');
    const conversation: Message[] = [user('Hello'), { role: 'assistant', content: turn.content }, user('Go on.')];
    const model = models.model({ name: first }, new Map([[signed.signature, second]]));
    expect(await model.stream(request(conversation), { signal })).toMatchObject({ ok: true });
    expect(model.name).toBe(first);
    api.assertFinished();
  });
});

type Step = 'overloaded' | 'too-long' | 'failed' | ContentBlock[];

/** A Model that plays its steps, the last again and again. */
function scripted(name: string, ...steps: Step[]): Model & { asked: number } {
  const model = {
    name,
    asked: 0,
    stream(): Promise<ModelTurn> {
      const step = steps[Math.min(model.asked, steps.length - 1)] ?? [];
      model.asked += 1;
      const usage = { ...noUsage(), inputTokens: 1 };
      if (Array.isArray(step)) return Promise.resolve({ ok: true, content: step, stopReason: 'end_turn', usage });
      const codes = {
        overloaded: 'model-overloaded',
        'too-long': 'context-exhausted',
        failed: 'model-failed',
      } as const;
      const error = { code: codes[step], message: step, next: 'None.', failure: 'transient' as const };
      return Promise.resolve({ ok: false, error, usage });
    },
  };
  return model;
}

const words: ContentBlock[] = [{ type: 'text', text: 'Done.' }];

describe('the order of a chain', () => {
  it('goes back to the first after its rest, and tells both changes', async () => {
    const [one, two] = [scripted('one', 'overloaded', words), scripted('two', words)];
    const time = { now: 1 };
    const model = createFallbackModel({ models: [one, two], resting: new Map(), clock: () => time.now });
    const told: string[] = [];
    const ask = () =>
      model.stream(request(), { signal: new AbortController().signal, onActivity: (activity) => told.push(activity) });
    expect(await ask()).toMatchObject({ model: 'two', usage: { inputTokens: 2 }, answered: { inputTokens: 1 } });
    time.now += restMs - 1;
    expect(await ask()).toMatchObject({ model: 'two', usage: { inputTokens: 1 } });
    time.now += 1;
    const turn = await ask();
    expect(turn).toMatchObject({ ok: true });
    expect(turn).not.toHaveProperty('model');
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^one is asked again.*change 2/);
    expect([one.asked, two.asked]).toEqual([2, 2]);
  });

  it('passes what is too long for a stand-in to the next, and what is too long for the first to the agent', async () => {
    const small = scripted('small', 'too-long');
    const signal = AbortSignal.timeout(10_000);
    const busy = scripted('one', 'overloaded');
    const chain = createFallbackModel({ models: [busy, small, scripted('large', words)], resting: new Map() });
    expect(await chain.stream(request(), { signal })).toMatchObject({ ok: true, model: 'large' });
    const full = createFallbackModel({ models: [scripted('one', 'too-long'), small], resting: new Map() });
    expect(await full.stream(request(), { signal })).toMatchObject({ error: { code: 'context-exhausted' } });
  });

  it('other failures are the turn’s', async () => {
    const two = scripted('two', words);
    const chain = createFallbackModel({ models: [scripted('one', 'failed'), two], resting: new Map() });
    const turn = await chain.stream(request(), { signal: new AbortController().signal });
    expect(turn).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    expect(two.asked).toBe(0);
  });

  it('where all are overloaded it goes on trying until the signal ends it, with its reason', async () => {
    const [one, two] = [scripted('one', 'overloaded'), scripted('two', 'overloaded', 'overloaded', words)];
    const chain = createFallbackModel({ models: [one, two], resting: new Map() });
    expect(await chain.stream(request(), { signal: AbortSignal.timeout(50_000) })).toMatchObject({ model: 'two' });
    const never = createFallbackModel({ models: [one, scripted('three', 'overloaded')], resting: new Map() });
    const controller = new AbortController();
    const reason = new FanfoldError({ code: 'timeout', message: 'Late.', next: 'None.', failure: 'timeout' });
    setTimeout(() => controller.abort(reason), 100);
    expect(await never.stream(request(), { signal: controller.signal })).toMatchObject({
      ok: false,
      error: { code: 'timeout' },
    });
  });
});
