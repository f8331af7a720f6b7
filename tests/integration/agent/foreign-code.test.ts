/** What an agent is given by others: models, tools and callbacks that do what they should not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type AgentEvent, createAgent, defineTool, type Model, runAgent } from '../../../coordinator/cli/index.ts';
import { noUsage } from '../../../tasks/index.ts';
import type { ContentBlock, ModelTurn, StreamOptions } from '../../../worker/agent/model/model.ts';
import { createRepetition } from '../../../worker/agent/repetition.ts';
import { noTranscript, openTranscript, type Transcript } from '../../../worker/agent/transcript.ts';
import { createSimulatedApi } from '../../simulated-api/server.js';
import { resultsOf } from './scripted-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Messages = Parameters<Model['stream']>[0]['messages'];
type Step = (options: StreamOptions, messages: Messages) => Promise<ModelTurn> | ModelTurn;

function playing(...steps: Step[]): Model & { asked: () => number } {
  let asked = 0;
  return {
    name: 'foreign',
    asked: () => asked,
    async stream({ messages }, options) {
      asked += 1;
      const step = steps[asked - 1];
      if (step === undefined) throw new Error('the script has no step left');
      return step(options, messages);
    },
  };
}

const turn = (...content: unknown[]): ModelTurn => ({
  ok: true,
  content: content as ContentBlock[],
  stopReason: null,
  usage: { ...noUsage(), inputTokens: 3 },
});
const text = (words: string) => ({ type: 'text', text: words });
const call = (name: string, input: unknown = {}, id = `${name}_1`) => ({ type: 'tool_use', id, name, input });
const input = { type: 'object' };

/** A store that is read and written, and what its calls do now. */
function store() {
  const state = { version: 0, running: 0, calls: [] as string[] };
  const during = async <Value>(name: string, value: () => Value): Promise<Value> => {
    state.calls.push(name);
    state.running += 1;
    await sleep(20);
    state.running -= 1;
    return value();
  };
  const look = defineTool({
    name: 'look',
    description: 'Looks.',
    input,
    readOnly: true,
    run: () => during('look', () => `version ${state.version}`),
  });
  const put = defineTool({
    name: 'put',
    description: 'Writes.',
    input,
    run: () => during('put', () => `wrote ${++state.version}`),
  });
  return { state, tools: [look, put] };
}

it('a read behind a write sees it, whatever ran during a stream that was cut', async () => {
  const { state, tools } = store();
  let told: unknown;
  const model = playing(
    async ({ onBlock }) => {
      onBlock?.(call('look', {}, 'cut') as ContentBlock, 0);
      await sleep(40);
      const whole = [call('put'), call('look')] as ContentBlock[];
      for (const [index, block] of whole.entries()) onBlock?.(block, index);
      return turn(...whole);
    },
    (_, messages) => {
      told = resultsOf(messages.at(-1)).map((result) => result.text);
      return turn(text('Done.'));
    },
  );
  expect(await createAgent({ model, tools }).run('x')).toMatchObject({ status: 'done' });
  expect(told).toEqual(['wrote 1', 'version 1']);
  expect(state.calls).toEqual(['look', 'put', 'look']);
});

it('a callback that throws ends the agent with that, after one request', async () => {
  await using api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Some words.' }] }) });
  const { environment, url: baseUrl } = api;
  await using agent = createAgent({ model: { name: 'claude-haiku-4-5', baseUrl }, environment });
  let called = 0;
  const broken = () => {
    called += 1;
    throw new TypeError('no such view');
  };
  for (const [count, name] of [
    [1, 'onText'],
    [2, 'onEvent'],
  ] as const) {
    const result = await agent.run('task', { [name]: broken });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'callback-failed', message: `${name} threw: no such view`, failure: 'permanent' },
    });
    expect(result.usage.inputTokens + result.usage.cacheWriteTokens).toBeGreaterThan(0);
    expect(called).toBe(count);
    expect(api.requests).toHaveLength(count);
  }
});

it.each(['model-end', 'tool-start', 'tool-end'] as const)(
  'when onEvent throws at %s, nothing runs on',
  async (type) => {
    const { state, tools } = store();
    const model = playing(
      async ({ onBlock }) => {
        onBlock?.(call('look') as ContentBlock, 0);
        await sleep(5);
        return turn(call('look'), call('put'));
      },
      () => turn(text('Done.')),
    );
    const result = await createAgent({ model, tools }).run('x', {
      onEvent(event: AgentEvent) {
        if (event.type === type) throw new Error('mine');
      },
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'callback-failed', message: 'onEvent threw: mine' },
    });
    expect(state).toMatchObject({ version: 0, running: 0 });
  },
);

it('inputs that JSON can’t say are answered to the model', async () => {
  const { state, tools } = store();
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  let told: unknown;
  const calls = [call('look', { size: 1n }, 'big'), call('put', cycle, 'cycle'), call('look', { a: 1 }, 'sound')];
  const model = playing(
    ({ onBlock }) => {
      for (const [index, block] of calls.entries()) onBlock?.(block as ContentBlock, index);
      onBlock?.(null as unknown as ContentBlock, calls.length);
      return turn(...calls);
    },
    (_, messages) => {
      told = resultsOf(messages.at(-1));
      return turn(text('Done.'));
    },
  );
  expect(await createAgent({ model, tools }).run('x')).toMatchObject({ status: 'done' });
  const refusal = { text: 'The input is not a JSON object.', isError: true };
  expect(told).toEqual([refusal, refusal, { text: 'version 0', isError: false }]);
  expect(state.calls).toEqual(['look']);
});

it('ids of calls may be words that objects know', async () => {
  const { state, tools } = store();
  const path = join(await temporaryFolder(), 'transcript.jsonl');
  let told: unknown;
  const malformed = { ['__proto__']: 'It was cut.' };
  const model = playing(
    () => turn(call('put', {}, 'constructor'), call('look', {}, 'toString')),
    () => ({ ...turn(call('put', {}, '__proto__')), malformed }),
    (_, messages) => {
      told = messages.flatMap((message) => (message.role === 'user' ? resultsOf(message) : []));
      return turn(text('Done.'));
    },
  );
  expect(await createAgent({ model, tools }).run('x', { transcript: path })).toMatchObject({ status: 'done' });
  expect(told).toEqual([
    { text: 'wrote 1', isError: false },
    { text: 'version 1', isError: false },
    { text: 'It was cut.', isError: true },
  ]);
  expect(state.version).toBe(1);
});

it('a server’s ids may be words that objects know', async () => {
  const { state, tools } = store();
  await using api = await createSimulatedApi({
    script: (_, { turn: number }) => ({
      content:
        number === 0 ? [{ type: 'tool_use', id: 'constructor', name: 'put', input: {} }] : [text('Done.') as never],
    }),
  });
  const { environment, url: baseUrl } = api;
  await using agent = createAgent({ model: { name: 'claude-haiku-4-5', baseUrl }, environment, tools });
  expect(await agent.run('x')).toMatchObject({ status: 'done' });
  expect(state.version).toBe(1);
});

it('a conversation of a model whose blocks have more fields can be gone on with', async () => {
  const { tools } = store();
  const path = join(await temporaryFolder(), 'transcript.jsonl');
  const aborting = new AbortController();
  const model = playing(
    () =>
      turn(
        { ...text('I look.'), citations: null },
        { type: 'thinking', thinking: 'Hm.', signature: 'abc', more: 1 },
        { ...call('look'), caller: { type: 'direct' } },
      ),
    () => {
      aborting.abort();
      throw new Error('aborted');
    },
  );
  const first = await createAgent({ model, tools }).run('x', { transcript: path, signal: aborting.signal });
  expect(first).toMatchObject({ status: 'cancelled' });
  let sent: Messages = [];
  const next = playing((_, messages) => {
    sent = messages;
    return turn(text('Done.'));
  });
  expect(await createAgent({ model: next, tools }).resume(path)).toMatchObject({ status: 'done', text: 'Done.' });
  expect(sent[1]?.content).toEqual([
    text('I look.'),
    { type: 'thinking', thinking: 'Hm.', signature: 'abc' },
    call('look'),
  ]);
});

it('a block that comes after the turn starts nothing', async () => {
  const { state, tools } = store();
  const events: string[] = [];
  let words = '';
  let late: StreamOptions | undefined;
  const model = playing((options) => {
    late = options;
    return turn(text('Done.'));
  });
  await createAgent({ model, tools }).run('x', {
    onEvent: ({ type }) => events.push(type),
    onText: (piece) => {
      words += piece;
    },
  });
  late?.onBlock?.(call('look') as ContentBlock, 0);
  late?.onText?.('late');
  late?.onActivity?.('late');
  await sleep(30);
  expect(state.calls).toEqual([]);
  expect(events).toEqual(['model-end']);
  expect(words).toBe('');
});

function bare(model: Model, transcript: Transcript, signal = new AbortController().signal) {
  const { state, tools } = store();
  const result = runAgent({
    model,
    tools,
    permissions: { policy: { mode: 'bypassPermissions', allow: [], ask: [], deny: [] } },
    prompt: { system: '', run: '', task: 'x' },
    limits: { deadlineMs: 60_000 },
    signal,
    report: () => {},
    transcript,
  });
  return { state, result };
}

it('a transcript that can’t be written ends the agent, with no call running', async () => {
  let lines = 0;
  const transcript: Transcript = {
    append() {
      lines += 1;
      if (lines > 2) throw new Error('no room');
    },
  };
  const model = playing(async ({ onBlock }) => {
    onBlock?.(call('look') as ContentBlock, 0);
    return turn(call('look'));
  });
  const { state, result } = bare(model, transcript);
  expect(await result).toMatchObject({ status: 'failed', error: { message: 'no room' }, usage: { inputTokens: 3 } });
  expect(state).toMatchObject({ calls: ['look'], running: 0 });
});

it.runIf(existsSync('/dev/full'))('a full disk is an error that says what to do', async () => {
  using transcript = openTranscript('/dev/full');
  const { result } = bare(
    playing(() => turn(text('Done.'))),
    transcript,
  );
  expect(await result).toMatchObject({
    status: 'failed',
    error: {
      code: 'transcript-failed',
      message: expect.stringContaining('ENOSPC'),
      next: expect.stringContaining('Make room'),
    },
  });
});

it('many agents share a signal, and Node sees no leak in it', async () => {
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', warn);
  const model = () => playing(async () => sleep(10, turn(text('Done.'))));
  const results = await Promise.all(Array.from({ length: 12 }, () => bare(model(), noTranscript, signal).result));
  await sleep(20);
  process.off('warning', warn);
  expect(results.every(({ status }) => status === 'done')).toBe(true);
  expect(warnings).toEqual([]);
});

it('what is noted of repeated calls stays small, however long their results', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const megabytes = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const repetition = createRepetition();
  const before = megabytes();
  for (let number = 0; number < 300; number += 1) {
    const content = Buffer.alloc(400_000, `${number} `).toString('latin1');
    repetition.note([{ key: `Read ${number}`, content, status: 'ok', readOnly: true }]);
  }
  expect(megabytes() - before).toBeLessThan(40);
  const again = () => repetition.note([{ key: 'Read 1', content: 'same', status: 'ok', readOnly: true }]);
  expect(Array.from({ length: 8 }, again)).toEqual([...Array(4).fill('go-on'), ...Array(3).fill('tell'), 'stop']);
});
