import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAgent, defineTool, type Tool } from '../../../coordinator/cli/index.ts';
import {
  createSimulatedApi,
  type Reply,
  type SimulatedApi,
  type SimulatedApiOptions,
} from '../../simulated-api/server.js';
import { temporaryFolder } from './temporary-folder.ts';

type Call = Extract<Reply['content'][number], { type: 'tool_use' }>;

const text = (words: string) => ({ type: 'text' as const, text: words });
const call = (name: string, word: string, rest: Partial<Call> = {}): Call => ({
  type: 'tool_use',
  name,
  input: { word },
  ...rest,
});

/** A server that plays these replies, one a turn. */
async function playing(replies: Reply[], options: SimulatedApiOptions = {}): Promise<SimulatedApi> {
  return createSimulatedApi({
    script: (_request, { turn }) => replies[turn] ?? { content: [text('The script is at its end.')] },
    ...options,
  });
}

/** `Look` reads what `Change` has written last; both write down that they ran. */
function tools(ran: string[]): Tool[] {
  let state = 'nothing';
  const input = z.strictObject({ word: z.string() });
  return [
    defineTool({
      name: 'Look',
      description: 'Looks.',
      input,
      readOnly: true,
      run({ word }) {
        ran.push(`Look ${word}`);
        return `${word} sees ${state}`;
      },
    }),
    defineTool({
      name: 'Change',
      description: 'Changes.',
      input,
      run({ word }) {
        ran.push(`Change ${word}`);
        state = word;
        return `changed to ${word}`;
      },
    }),
  ];
}

interface Ran {
  result: Awaited<ReturnType<ReturnType<typeof createAgent>['run']>>;
  ran: string[];
  /** Bodies of the requests. */
  bodies: { messages: { role: string; content: Record<string, unknown>[] }[] }[];
}

async function run(api: SimulatedApi, setup: Parameters<typeof createAgent>[0] = {}): Promise<Ran> {
  const ran: string[] = [];
  await using agent = createAgent({
    model: { baseUrl: api.url },
    environment: api.environment,
    tools: tools(ran),
    ...setup,
  });
  const result = await agent.run('task');
  api.assertFinished();
  return { result, ran, bodies: api.requests.map(({ body }) => body as Ran['bodies'][number]) };
}

/** What the results in the last message of a request say. */
function resultsIn(body: Ran['bodies'][number] | undefined): unknown[] {
  return (body?.messages.at(-1)?.content ?? []).flatMap((block) =>
    block['type'] === 'tool_result' ? [block['content']] : [],
  );
}

function wordsIn(body: Ran['bodies'][number] | undefined): string {
  return (body?.messages.at(-1)?.content ?? []).map((block) => block['text'] ?? '').join('');
}

describe('a reply that is cut off', () => {
  it('in the middle of a call: the calls before it run, the cut one is left out, and the model is told', async () => {
    await using api = await playing([
      { content: [call('Look', 'whole'), call('Change', 'cut', { json: '{"word": "cu' })], stopReason: 'max_tokens' },
      { content: [text('Done.')] },
    ]);
    const { result, ran, bodies } = await run(api);
    expect(result).toMatchObject({ status: 'done', text: 'Done.', turns: 2 });
    expect(ran).toEqual(['Look whole']);
    expect(bodies[1]?.messages[1]?.content).toHaveLength(1);
    expect(resultsIn(bodies[1])).toEqual(['whole sees nothing']);
    expect(wordsIn(bodies[1])).toContain('cut off');
  });

  it('before anything of a call’s input: it is no call without input', async () => {
    const ran: string[] = [];
    const bare = defineTool({
      name: 'Wipe',
      description: 'Takes nothing.',
      input: { type: 'object', properties: {} },
      run: () => ran.push('Wipe'),
    });
    const wipe = (json: string, stopReason: 'max_tokens' | 'tool_use'): Reply => ({
      content: [{ type: 'tool_use', name: 'Wipe', input: {}, json }],
      stopReason,
    });
    await using api = await playing([wipe('', 'max_tokens'), wipe('', 'tool_use'), { content: [text('Done.')] }]);
    const { result } = await run(api, { tools: [bare] });
    expect(result).toMatchObject({ status: 'done', turns: 3 });
    expect(ran).toEqual(['Wipe']);
  });
});

describe('a refusal', () => {
  it('ends the agent: calls that were running end, those that write never run, and it stays so', async () => {
    const ran: string[] = [];
    const transcript = `${await temporaryFolder()}/transcript.jsonl`;
    await using api = await playing([
      { content: [call('Look', 'early'), call('Change', 'never')], stopReason: 'refusal' },
    ]);
    await using agent = createAgent({ model: { baseUrl: api.url }, environment: api.environment, tools: tools(ran) });
    const refused = { status: 'failed', error: { code: 'model-refused' } };
    expect(await agent.run('task', { transcript })).toMatchObject(refused);
    expect(await agent.resume(transcript)).toMatchObject(refused);
    expect(ran).toEqual(['Look early']);
    expect(api.totals().requests).toBe(1);
  });
});

describe('pauses and empty replies', () => {
  it('goes on after a pause, with calls and without', async () => {
    await using api = await playing([
      { content: [text('A moment.')], stopReason: 'pause_turn' },
      { content: [call('Look', 'one')], stopReason: 'pause_turn' },
      { content: [text('Done.')] },
    ]);
    const { result, bodies } = await run(api);
    expect(result).toMatchObject({ status: 'done', turns: 3 });
    expect(wordsIn(bodies[1])).toBe('Go on.');
    expect(resultsIn(bodies[2])).toEqual(['one sees nothing']);
  });

  it('stops when it does nothing but pause', async () => {
    await using api = await playing(Array.from({ length: 6 }, () => ({ content: [], stopReason: 'pause_turn' })));
    expect((await run(api)).result).toMatchObject({ status: 'failed', error: { code: 'agent-stopped' }, turns: 6 });
  });

  it('asks once after an empty reply, or one of thoughts alone', async () => {
    const thoughts: Reply = { content: [{ type: 'thinking', thinking: 'Hm.' }] };
    await using api = await playing([
      { content: [] },
      { content: [call('Look', 'one')] },
      thoughts,
      { content: [text('Done.')] },
    ]);
    const { result, bodies } = await run(api);
    expect(result).toMatchObject({ status: 'done', turns: 4 });
    expect(wordsIn(bodies[1])).toContain('empty');
    expect(bodies[3]?.messages.at(-2)?.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    await using silent = await playing([{ content: [] }, thoughts]);
    expect((await run(silent)).result).toMatchObject({ status: 'failed', error: { code: 'agent-stopped' }, turns: 2 });
  });
});

describe('calls', () => {
  it('reads at once, writes in order: a read after a write sees it, results come in the order of the calls', async () => {
    await using api = await playing([
      {
        content: [
          call('Look', 'one'),
          call('Look', 'two'),
          call('Change', 'A'),
          call('Look', 'three'),
          call('Change', 'B'),
          call('Look', 'four'),
        ],
      },
      { content: [text('Done.')] },
    ]);
    const { ran, bodies } = await run(api);
    expect(resultsIn(bodies[1])).toEqual([
      'one sees nothing',
      'two sees nothing',
      'changed to A',
      'three sees A',
      'changed to B',
      'four sees B',
    ]);
    expect(ran).toEqual(['Look one', 'Look two', 'Change A', 'Look three', 'Change B', 'Look four']);
  });

  it('answers what can’t be run, beside what can', async () => {
    const breaks = defineTool({
      name: 'Break',
      description: 'Breaks.',
      input: { type: 'object' },
      run() {
        throw new Error('it broke');
      },
    });
    const late = defineTool({
      name: 'Late',
      description: 'Has a schema that waits.',
      input: z.object({ word: z.string().refine(async () => true) }),
      run: () => 'never',
    });
    const ran: string[] = [];
    await using api = await playing([
      {
        content: [
          call('Look', 'fine'),
          call('Nope', 'x'),
          { type: 'tool_use', name: 'Look', input: { wort: 'x' } },
          call('Look', 'list', { json: '["x"]' }),
          call('Look', 'broken', { json: '{"word": ' }),
          call('Break', 'x'),
          call('Late', 'x'),
        ],
      },
      { content: [text('Done.')] },
    ]);
    const { result, bodies } = await run(api, { tools: [...tools(ran), breaks, late] });
    expect(result.status).toBe('done');
    expect(ran).toEqual(['Look fine']);
    expect(resultsIn(bodies[1])).toEqual([
      'fine sees nothing',
      'There is no tool Nope. The tools are Look, Change, Break, Late.',
      expect.stringContaining('wort'),
      'The input is not a JSON object.',
      expect.stringContaining('not valid JSON'),
      'The tool failed: it broke',
      expect.stringContaining('without waiting'),
    ]);
  });

  it('gives calls ids of their own where a server uses one twice', async () => {
    const counted = (word: string) => call('Look', word, { id: 'call_0' });
    await using api = await playing([
      { content: [counted('one'), counted('two')] },
      { content: [counted('three')] },
      { content: [text('Done.')] },
    ]);
    const { result, bodies } = await run(api);
    expect(result.status).toBe('done');
    expect(resultsIn(bodies[1])).toEqual(['one sees nothing', 'two sees nothing']);
    const ids = bodies[2]?.messages.flatMap(({ content }) => content.flatMap((block) => block['tool_use_id'] ?? []));
    expect(ids).toEqual(['call_0', 'call_0_2', 'call_0_3']);
  });

  it('answers a hundred calls of one reply, no more than eight at once', async () => {
    let [now, most] = [0, 0];
    const slow = defineTool({
      name: 'Slow',
      description: 'Slow.',
      input: z.object({ word: z.string() }),
      readOnly: true,
      async run({ word }) {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        now -= 1;
        return word;
      },
    });
    const words = Array.from({ length: 100 }, (_, index) => String(index));
    await using api = await playing([
      { content: words.map((word) => call('Slow', word)) },
      { content: words.map(() => call('Slow', 'same')) },
      { content: [text('Done.')] },
    ]);
    const { result, bodies } = await run(api, { tools: [slow] });
    // A hundred equal calls of one reply are no circle yet.
    expect(result).toMatchObject({ status: 'done', turns: 3 });
    expect(resultsIn(bodies[1])).toEqual(words);
    expect(most).toBe(8);
  });
});

describe('circles', () => {
  const turns = (count: number, reply: (turn: number) => Call): Reply[] =>
    Array.from({ length: count }, (_, turn) => ({ content: [reply(turn)] }));

  it.each([
    ['one call', (_: number) => 'same'],
    ['two calls in turn', (turn: number) => (turn % 2 === 0 ? 'one' : 'other')],
  ])('tells an agent that makes %s again and again, then stops it', async (_, word) => {
    await using api = await playing(turns(20, (turn) => call('Look', word(turn))));
    const { result, bodies } = await run(api);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'agent-stopped' } });
    expect(result.turns).toBeLessThanOrEqual(16);
    expect(bodies.filter((body) => wordsIn(body).includes('same call')).length).toBeGreaterThan(0);
  });

  it('lets an agent wait for something: an equal call with another result is no circle', async () => {
    let count = 0;
    const poll = defineTool({
      name: 'Poll',
      description: 'Polls.',
      input: { type: 'object' },
      readOnly: true,
      run() {
        count += 1;
        return `${count} of 20`;
      },
    });
    await using api = await playing([...turns(20, () => call('Poll', 'x')), { content: [text('Done.')] }]);
    expect((await run(api, { tools: [poll] })).result).toMatchObject({ status: 'done', turns: 21 });
  });
});

it('keeps thinking as it was signed, byte for byte, over rounds of calls', async () => {
  const thought = 'I “think” — in \\u0041 and é.\n';
  const content: Reply['content'] = [
    { type: 'thinking', thinking: thought },
    { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP' },
    text('Look.'),
    call('Look', 'one'),
  ];
  await using api = await playing([
    { content },
    { content: [{ type: 'thinking', thinking: 'More.' }, call('Look', 'two')] },
    { content: [text('Done.')] },
  ]);
  const { bodies } = await run(api);
  const [second, third] = [bodies[1]?.messages[1], bodies[2]?.messages[1]];
  expect(second?.content.map(({ type }) => type)).toEqual(['thinking', 'redacted_thinking', 'text', 'tool_use']);
  expect(second?.content[0]).toMatchObject({ thinking: thought, signature: expect.stringMatching(/.{20}/) });
  expect(second?.content[1]).toEqual(content[1]);
  expect(JSON.stringify(third)).toBe(JSON.stringify(second));
});

it('ends soon after it is cancelled in the middle of a stream, and leaves no call running', async () => {
  let [started, running] = [0, 0];
  const cancelling = new AbortController();
  const wait = defineTool({
    name: 'Wait',
    description: 'Waits.',
    input: z.object({ word: z.string() }),
    readOnly: true,
    async run(_, { signal }) {
      [started, running] = [started + 1, running + 1];
      if (started === 2) cancelling.abort();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      running -= 1;
      return 'too late';
    },
  });
  await using api = await playing([{ content: Array.from({ length: 12 }, (_, i) => call('Wait', String(i))) }], {
    streamMs: 6_000,
  });
  await using agent = createAgent({ model: { baseUrl: api.url }, environment: api.environment, tools: [wait] });
  const result = await agent.run('task', { signal: cancelling.signal });
  expect(result).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  expect({ started, running }).toEqual({ started: 2, running: 0 });
});

it('starts no call that waits for its turn when it is cancelled, though those at work do not obey', async () => {
  let started = 0;
  const cancelling = new AbortController();
  const stubborn = defineTool({
    name: 'Stubborn',
    description: 'Does not obey.',
    input: { type: 'object' },
    readOnly: true,
    run() {
      started += 1;
      if (started === 8) cancelling.abort();
      return new Promise(() => {});
    },
  });
  await using api = await playing([{ content: Array.from({ length: 30 }, (_, i) => call('Stubborn', String(i))) }]);
  await using agent = createAgent({ model: { baseUrl: api.url }, environment: api.environment, tools: [stubborn] });
  expect(await agent.run('task', { signal: cancelling.signal })).toMatchObject({ status: 'cancelled' });
  expect(started).toBe(8);
}, 30_000);
