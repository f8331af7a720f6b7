import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type AgentOptions,
  createAgent,
  defineTool,
  type Model,
  type ModelTurn,
} from '../../../coordinator/cli/index.ts';
import { noUsage } from '../../../tasks/index.ts';
import { askModel } from '../../../worker/agent/ask-model.ts';

/** Calls `Work` in every turn, at 100 tokens and 0.1 USD each. */
function busyModel(): Model & { asked: number } {
  return {
    name: 'busy',
    asked: 0,
    async stream() {
      this.asked += 1;
      return {
        ok: true,
        content: [{ type: 'tool_use', id: `call_${this.asked}`, name: 'Work', input: { turn: this.asked } }],
        stopReason: 'tool_use',
        usage: { ...noUsage(), inputTokens: 90, outputTokens: 10, usd: 0.1 },
      };
    },
  };
}

const work = defineTool({
  name: 'Work',
  description: 'Works.',
  input: { type: 'object' },
  run: () => sleep(5, 'worked'),
});

async function runWith(limits: AgentOptions['limits'] & object) {
  const model = busyModel();
  await using agent = createAgent({ model, tools: [work], limits });
  return { result: await agent.run('task'), asked: model.asked };
}

describe('an agent stops', () => {
  it.each([
    ['turns', { turns: 4 }, 'agent-turn-limit', 4],
    ['tokens', { tokens: 250 }, 'budget-exhausted', 3],
    ['money', { usd: 0.15 }, 'budget-exhausted', 2],
    ['money, where the first request used it up', { usd: 0.1 }, 'budget-exhausted', 1],
  ])('when its %s are used up, before the next request', async (_, limits, code, turns) => {
    const { result, asked } = await runWith(limits);
    expect(result).toMatchObject({ status: 'failed', turns, error: { code, next: expect.stringMatching(/.{10}/) } });
    expect(asked).toBe(turns);
    expect(result.usage.inputTokens).toBe(90 * turns);
  });

  it('at its deadline, in the middle of a call', async () => {
    let ended = 0;
    const long = defineTool({
      name: 'Work',
      description: 'Works long.',
      input: { type: 'object' },
      async run(_, { signal }) {
        await sleep(60_000, undefined, { signal }).catch(() => undefined);
        ended += 1;
        return 'late';
      },
    });
    await using agent = createAgent({ model: busyModel(), tools: [long], limits: { deadlineMs: 50 } });
    const result = await agent.run('task');
    expect(result).toMatchObject({ status: 'failed', turns: 1, error: { code: 'timeout', failure: 'timeout' } });
    expect(ended).toBe(1);
  });

  it('but an answer that came is an answer, whatever it cost', async () => {
    const model: Model = {
      name: 'dear',
      stream: async () => ({
        ok: true,
        content: [{ type: 'text', text: 'Done.' }],
        stopReason: 'end_turn',
        usage: { ...noUsage(), inputTokens: 1_000, usd: 10 },
      }),
    };
    await using agent = createAgent({ model, limits: { turns: 1, tokens: 1, usd: 0.01 } });
    expect(await agent.run('task')).toMatchObject({ status: 'done', text: 'Done.' });
  });
});

describe('a model of anybody', () => {
  const nameless = { type: 'tool_use', id: 'x', name: '', input: {} };
  const asked = (stream: unknown, signal = new AbortController().signal): Promise<ModelTurn> =>
    askModel({ name: 'own', stream } as Model, { tools: [], system: [], messages: [] }, { signal }, 20);

  it.each([
    ['throws', () => Promise.reject(new Error('No network.')), 'The model own failed: No network.'],
    [
      'throws at once',
      () => {
        throw new Error('no network');
      },
      'The model own failed: no network.',
    ],
    ['gives nothing', async () => undefined, 'it answered with something that is no turn'],
    ['gives half a block', async () => ({ ok: true, content: [{ type: 'text' }], usage: noUsage() }), 'no turn'],
    ['calls without a name', async () => ({ ok: true, content: [nameless], usage: noUsage() }), 'no turn'],
    ['forgets its usage', async () => ({ ok: true, content: [], stopReason: null }), 'no turn'],
    [
      'says it failed, and not how',
      async () => ({ ok: false, error: {}, usage: noUsage() }),
      'has no `error` with code, message, next and failure',
    ],
    [
      'says how it failed in a way of its own',
      async () => ({
        ok: false,
        error: { code: 'overloaded', message: 'x', next: 'y', failure: 'sad' },
        usage: noUsage(),
      }),
      'has no `error` with code, message, next and failure',
    ],
    [
      'gives an Error',
      async () => ({ ok: false, error: new Error('no network'), usage: noUsage() }),
      'The model own failed: no network.',
    ],
    [
      'stops for a number',
      async () => ({ ok: true, content: [], stopReason: 5, usage: noUsage() }),
      '`stopReason` must be text or null',
    ],
    ['answers as nobody', async () => ({ ok: true, content: [], model: 5, usage: noUsage() }), '`model` must be text'],
    [
      'calls inputs malformed in general',
      async () => ({ ok: true, content: [], malformed: 'all', usage: noUsage() }),
      '`malformed` must be texts by id',
    ],
    [
      'miscounts what was answered',
      async () => ({ ok: true, content: [], answered: {}, usage: noUsage() }),
      '`answered` must be a usage',
    ],
    ['miscounts', async () => ({ ok: true, content: [], usage: { ...noUsage(), usd: Number.NaN } }), 'no turn'],
  ])('that %s is a failed turn', async (_, stream, message) => {
    expect(await asked(stream)).toMatchObject({
      ok: false,
      error: { code: 'model-failed', message: expect.stringContaining(message) },
      usage: noUsage(),
    });
  });

  it('is taken at its word where it is one: its usage in whole tokens, its error as it is', async () => {
    const usage = { ...noUsage(), inputTokens: 1.5, outputTokens: -1, usd: 0.5, more: 1 };
    expect(await asked(async () => ({ ok: true, content: [], usage, more: 1 }))).toEqual({
      ok: true,
      content: [],
      stopReason: null,
      usage: { ...noUsage(), inputTokens: 2, usd: 0.5 },
    });
    const error = { code: 'model-overloaded', message: 'x', next: 'y', failure: 'transient', data: { a: 1 } };
    expect(await asked(async () => ({ ok: false, error, usage }))).toMatchObject({ error, usage: { usd: 0.5 } });
  });

  it('that does not obey its signal is given up', async () => {
    const aborting = new AbortController();
    const turn = asked(() => new Promise(() => {}), aborting.signal);
    aborting.abort();
    expect(await turn).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });
});
