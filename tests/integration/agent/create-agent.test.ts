import { getEventListeners } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type AgentEvent,
  anthropicModel,
  createAgent,
  defineTool,
  type Message,
  type Model,
  type ModelTurn,
  runAgent,
  type Tool,
} from '../../../coordinator/cli/index.ts';
import { createSimulatedApi } from '../../simulated-api/server.js';
import { temporaryFolder } from './temporary-folder.ts';

type ModelFacts = NonNullable<NonNullable<Extract<Parameters<typeof anthropicModel>[0], object>['facts']>[string]>;
type Block = (ModelTurn & { ok: true })['content'][number];

/** As small as a Model can be: the replies in order, and what it was asked. */
function scripted(...replies: Block[][]): Model & { requests: { tools: string[]; messages: Message[] }[] } {
  return {
    name: 'scripted',
    requests: [],
    async stream({ tools, messages }, { onText }) {
      this.requests.push({ tools: tools.map(({ name }) => name), messages: structuredClone([...messages]) });
      const content = replies[messages.filter(({ role }) => role === 'assistant').length] ?? [];
      for (const block of content) if (block.type === 'text') onText?.(block.text);
      const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
      return { ok: true, content, stopReason: null, usage };
    },
  };
}

const text = (words: string): Block => ({ type: 'text', text: words });
const call = (name: string, input: Record<string, unknown>, id = `${name}_1`): Block => ({
  type: 'tool_use',
  id,
  name,
  input,
});

/** What the results in the last message say. */
function resultsIn(messages: readonly Message[] = []): string[] {
  const last = messages.at(-1);
  return (last?.role === 'user' ? last.content : []).flatMap((block) =>
    block.type === 'tool_result' ? [block.content] : [],
  );
}

const refused = (message: string) =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) });

describe('an agent from code', () => {
  it('runs own tools, tells what happens, and answers', async () => {
    const add = defineTool({
      name: 'Add',
      description: 'Adds.',
      input: z.object({ numbers: z.array(z.number()), note: z.string().default('none') }),
      readOnly: true,
      run: ({ numbers, note }) => ({ sum: numbers.reduce((sum, number) => sum + number, 0), note }),
    });
    const model = scripted([text('I add.'), call('Add', { numbers: [1, 2] })], [text('Three.')]);
    const events: AgentEvent['type'][] = [];
    let words = '';
    await using agent = createAgent({ model, tools: [add], system: 'Be brief.', instructions: 'Add well.' });
    const result = await agent.run('What is 1 + 2?', {
      onEvent: ({ type }) => events.push(type),
      onText: (piece) => {
        words += piece;
      },
    });
    expect(result).toEqual({
      status: 'done',
      text: 'Three.',
      turns: 2,
      denials: 0,
      usage: { inputTokens: 20, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 },
    });
    expect(resultsIn(model.requests[1]?.messages)).toEqual(['{"sum":3,"note":"none"}']);
    expect(events).toEqual(['model-end', 'subtask-progress', 'tool-start', 'tool-end', 'model-end']);
    expect(words).toBe('I add.Three.');
  });

  it('asks a real server, by settings or by a shared model', async () => {
    await using api = await createSimulatedApi({ script: () => ({ content: [{ type: 'text', text: 'Hello.' }] }) });
    const { environment, url: baseUrl } = api;
    await using agent = createAgent({ model: { name: 'claude-haiku-4-5', baseUrl, maxTokens: 100 }, environment });
    await using shared = await anthropicModel({ baseUrl, environment });
    const results = await Promise.all([
      agent.run('one'),
      agent.run('two'),
      createAgent({ model: shared }).run('three'),
      createAgent({ model: shared }).run('four'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
    expect(results[0]?.usage.usd).toBeGreaterThan(0);
    api.assertFinished();
    expect(api.requests.map(({ body }) => (body as { model: string }).model).sort()).toEqual([
      'claude-haiku-4-5',
      'claude-haiku-4-5',
      'claude-sonnet-5-5',
      'claude-sonnet-5-5',
    ]);
  });

  it('says what is missing when there are no credentials', async () => {
    await using agent = createAgent({ environment: { HOME: await temporaryFolder() } });
    const result = await agent.run('task');
    expect(result).toMatchObject({ status: 'failed', error: { code: 'credentials-missing' } });
  });

  it('owes a result that fits, by zod or JSON Schema', async () => {
    const output = z.object({ name: z.string().transform((name) => name.toUpperCase()), size: z.int().default(1) });
    const model = () => scripted([call('submit_result', { name: 1 })], [call('submit_result', { name: 'a' }, 'again')]);
    await using agent = createAgent({ model: model(), output });
    const result = await agent.run('task');
    if (result.status !== 'done') throw new Error(result.error.message);
    expect(result.output satisfies { name: string; size: number } | undefined).toEqual({ name: 'A', size: 1 });
    const json = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    expect(await createAgent({ model: model(), output: json }).run('task')).toMatchObject({ output: { name: 'a' } });
    expect(
      await createAgent({ model: scripted([text('No.')], [text('No.')]), output: json }).run('task'),
    ).toMatchObject({
      status: 'failed',
      error: { code: 'output-invalid' },
    });
  });

  it('refuses what can’t be used, with what to do', async () => {
    const tool = (rest: object) => () =>
      defineTool({ name: 'Own', description: 'x', input: { type: 'object' }, run: () => '', ...rest });
    expect(tool({ name: 'a b' })).toThrow(refused('"a b"'));
    expect(tool({ input: z.string() })).toThrow(refused('must be an object'));
    expect(tool({ input: { type: 'object', unevaluatedItems: true } })).toThrow(
      refused("The schema of the input of Own can't be used: unevaluatedItems"),
    );
    expect(tool({ description: undefined })).toThrow(refused('description'));
    expect(tool({ run: undefined })).toThrow(refused('`run`'));
    expect(() => createAgent({ tools: [{ name: 'x' } as unknown as Tool] })).toThrow(refused('tools[0]'));
    expect(() => createAgent({ tools: {} as Tool[] })).toThrow(refused('must be a list'));
    expect(tool({ input: { '~standard': { version: 1, vendor: 'other', validate: () => ({ value: 1 }) } } })).toThrow(
      refused('other does not tell its JSON Schema'),
    );
    expect(() => createAgent({ permissions: { deny: ['Bsh'] } })).toThrow(refused('"Bsh"'));
    expect(() => createAgent({ permissions: { mode: 'all' as 'plan' } })).toThrow(refused('"all"'));
    expect(() => createAgent({ limits: { usd: 0 } })).toThrow(refused('usd'));
    const limited = (limits: object) => () => createAgent({ limits });
    const near = (limit: string) =>
      expect.objectContaining({ code: 'usage', next: expect.stringContaining(`mean ${limit}?`) });
    expect(limited({ maxTurns: 2 })).toThrow(near('turns'));
    expect(limited({ token: 2 })).toThrow(near('tokens'));
    expect(limited({ deadlineMS: undefined })).toThrow(near('deadlineMs'));
    expect(limited({ turns: '2' })).toThrow(refused('turns'));
    expect(() => createAgent({ limits: { deadlineMs: Number.NaN } })).toThrow(refused('deadlineMs'));
    const folder = await temporaryFolder();
    const model = scripted();
    await expect(createAgent({ model }).run('  ')).rejects.toEqual(refused('empty'));
    const run = (prompt: unknown, options?: unknown) => createAgent({ model }).run(prompt as string, options as object);
    await expect(run(undefined)).rejects.toEqual(refused('The prompt must be text'));
    await expect(createAgent({ model }).resume(5 as unknown as string)).rejects.toEqual(refused('transcript'));
    await expect(run('x', null)).rejects.toEqual(refused('must be an object'));
    await expect(run('x', { signal: null })).rejects.toEqual(refused('signal'));
    await expect(run('x', { onText: 'log' })).rejects.toEqual(refused('onText'));
    await expect(run('x', { transcript: 5 })).rejects.toEqual(refused('transcript'));
    for (const broken of [null, { stream: 5 }, { stream: model.stream }, { name: 'x', stream: 5 }]) {
      const refusal = createAgent({ model: broken as unknown as Model }).run('x');
      await expect(refusal).rejects.toEqual(refused('model'));
    }
    await writeFile(`${folder}/file`, '');
    await expect(createAgent({ model, folder: `${folder}/file` }).run('x')).rejects.toEqual(refused('it is a file'));
    await expect(createAgent({ model, folder: `${folder}/none` }).run('x')).rejects.toEqual(refused('none'));
    await expect(createAgent({ model, tools: [tool({})(), tool({})()] }).run('x')).rejects.toEqual(refused('Own'));
    await expect(createAgent({ model: 'replay:/a' }).run('x')).rejects.toEqual(refused('replays'));
    await expect(createAgent({ model: { maxTokens: -1 } }).run('x')).rejects.toEqual(refused('maxTokens'));
    await writeFile(`${folder}/there`, '');
    await expect(createAgent({ model }).run('x', { transcript: `${folder}/there` })).rejects.toEqual(
      refused('already'),
    );
    await expect(createAgent({ model }).resume(`${folder}/there`)).rejects.toEqual(refused('no transcript'));
    expect(model.requests).toEqual([]);
  });

  it('leaves nothing behind: no listener, no file, no run after it is disposed', async () => {
    const listeners = () =>
      ['SIGINT', 'SIGTERM', 'exit', 'uncaughtException'].map((name) => process.listenerCount(name));
    const before = listeners();
    const { signal } = new AbortController();
    const parent = await temporaryFolder();
    const agent = createAgent({ model: scripted([text('Done.')]), folder: parent });
    await agent.run('task', { signal });
    const waiting = createAgent({
      model: { name: 'slow', stream: (_, { signal: aborting }) => untilAborted(aborting) },
    });
    const run = waiting.run('task', { signal });
    await waiting.close();
    expect(await run).toMatchObject({ status: 'cancelled', error: { message: 'The agent was closed.' } });
    await expect(waiting.run('again')).rejects.toThrow(refused('closed'));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(listeners()).toEqual(before);
    expect(await readdir(parent)).toEqual([]);
  });

  it('has many runs at once with one signal, and Node sees no leak in it', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    const model = scripted([call('Wait', {})], [text('Done.')]);
    const wait = defineTool({
      name: 'Wait',
      description: 'Waits.',
      input: { type: 'object' },
      run: () => new Promise((resolve) => setTimeout(resolve, 10)),
    });
    await using agent = createAgent({ model, tools: [wait] });
    const results = await Promise.all(Array.from({ length: 30 }, () => agent.run('task', { signal })));
    process.off('warning', onWarning);
    expect(results.every(({ status }) => status === 'done')).toBe(true);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('lends out the loop itself', async () => {
    const result = await runAgent({
      model: scripted([text('Done.')]),
      tools: [],
      permissions: { policy: { mode: 'plan', allow: [], ask: [], deny: [] } },
      prompt: { system: '', run: '', task: 'task' },
      signal: new AbortController().signal,
      report: () => undefined,
      transcript: { append: () => undefined },
    });
    expect(result).toMatchObject({ status: 'done', text: 'Done.' });
  });
});

describe('over a folder', () => {
  const builtIn = ['Read', 'Write', 'Edit', 'Glob', 'Grep', 'Bash'];

  it('reads only, and sees nothing that a rule denies', async () => {
    const folder = await temporaryFolder();
    await writeFile(`${folder}/a.txt`, 'alpha');
    await writeFile(`${folder}/b.key`, 'beta');
    const model = scripted(
      [
        call('Read', { file_path: 'a.txt' }),
        call('Read', { file_path: '../x' }, 'outside'),
        call('Glob', { pattern: '*' }),
        call('Write', { file_path: 'c', content: 'c' }),
      ],
      [text('Done.')],
    );
    await using agent = createAgent({ model, folder, permissions: { deny: ['Read(*.key)'] } });
    await agent.run('task');
    expect(model.requests[0]?.tools).toEqual(['Read', 'Glob', 'Grep']);
    const [read, outside, glob, write] = resultsIn(model.requests[1]?.messages);
    expect(read).toContain('alpha');
    expect(outside).toContain('outside the workspace');
    expect(glob).toContain('a.txt');
    expect(glob).not.toContain('b.key');
    expect(write).toContain('There is no tool Write');
    expect(await readdir(folder)).toEqual(['a.txt', 'b.key']);
  });

  it('writes where it may, and asks about commands', async () => {
    const folder = await temporaryFolder();
    const model = scripted(
      [
        call('Write', { file_path: 'made', content: 'x' }),
        call('Bash', { command: 'echo asked' }),
        call('Bash', { command: 'echo no' }, 'no'),
        call('Bash', { command: 'printenv ANTHROPIC_API_KEY; echo $?' }, 'env'),
      ],
      [text('Done.')],
    );
    const questions: string[] = [];
    await using agent = createAgent({
      model,
      folder,
      permissions: { mode: 'acceptEdits', allow: ['Bash(printenv *)', 'Bash(echo $?)'] },
      environment: { PATH: process.env['PATH'], ANTHROPIC_API_KEY: 'sk-secret-secret' },
      async ask({ summary }) {
        questions.push(summary);
        return !summary.includes('no');
      },
    });
    const result = await agent.run('task');
    expect(model.requests[0]?.tools).toEqual(builtIn);
    const [write, asked, denied, environment] = resultsIn(model.requests[1]?.messages);
    expect([write, asked]).toEqual(['Wrote made.', 'asked']);
    expect(denied).toContain('said no');
    expect(environment).not.toContain('secret');
    expect(questions.slice(0, 2)).toEqual(['echo asked', 'echo no']);
    expect(result.denials).toBe(0);
  });

  it('keeps a long result for as long as it runs, and beside a transcript for good', async () => {
    const folder = await temporaryFolder();
    const long = 'line\n'.repeat(20_000);
    const dump = defineTool({ name: 'Dump', description: 'x', input: { type: 'object' }, run: () => long });
    const model = () =>
      scripted(
        [call('Dump', {}, 'd')],
        [call('Read', { file_path: 'result:d', offset: 9_000, limit: 1 })],
        [text('Done.')],
      );
    const kept = async () => (await readdir(tmpdir())).filter((name) => /^fanfold-agent-[0-9a-f]{8}-/.test(name));
    const before = await kept();
    for (const transcript of [undefined, `${folder}/t.jsonl`]) {
      const played = model();
      await using agent = createAgent({ model: played, folder, tools: [dump] });
      await agent.run('task', transcript === undefined ? {} : { transcript });
      expect(resultsIn(played.requests[2]?.messages)[0]).toMatch(/^ +9000\tline/);
    }
    expect(await kept()).toEqual(before);
    expect(await readdir(`${folder}/t.jsonl-results`)).toEqual(['d.txt']);
  });
});

describe('a transcript', () => {
  it('is gone on with after an interruption: what had finished is not done again', async () => {
    const folder = await temporaryFolder();
    const transcript = `${folder}/t.jsonl`;
    const done: string[] = [];
    let cancelling = new AbortController();
    const step = defineTool({
      name: 'Step',
      description: 'A step.',
      input: z.object({ name: z.string() }),
      run({ name }) {
        done.push(name);
        if (name === 'two' && done.length === 2) cancelling.abort('enough');
        return `${name} is done`;
      },
    });
    const replies = [
      [call('Step', { name: 'one' }, 'a')],
      [call('Step', { name: 'two' }, 'b'), call('Step', { name: 'three' }, 'c')],
      [text('All done.')],
    ];
    const model = scripted(...replies);
    await using agent = createAgent({ model, tools: [step] });
    const result = await agent.run('task', { transcript, signal: cancelling.signal });
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'The agent was cancelled: enough' } });
    cancelling = new AbortController();
    await writeFile(transcript, `${await readFile(transcript, 'utf8')}{"type":"mess`);
    const resumed = await agent.resume(transcript, { signal: cancelling.signal });
    expect(resumed).toMatchObject({ status: 'done', text: 'All done.', turns: 3, usage: { inputTokens: 30 } });
    // The second had begun when it was cancelled: nobody knows how far it came, so it is not run again unasked.
    expect(done).toEqual(['one', 'two']);
    expect(resultsIn(model.requests[2]?.messages)[0]).toContain('interrupted');
    const lines = (await readFile(transcript, 'utf8')).trimEnd().split('\n');
    expect(
      lines.map((line) => (JSON.parse(line) as { type: string }).type).filter((type) => type === 'start'),
    ).toHaveLength(1);
    await expect(createAgent({ model: { ...model, name: 'other' } }).resume(transcript)).rejects.toEqual(
      refused('with scripted, not with other'),
    );
    expect(await agent.resume(transcript)).toMatchObject({ status: 'done', text: 'All done.', turns: 3 });
    expect(model.requests).toHaveLength(3);
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

it('refuses a server with a password, without showing it', async () => {
  await using agent = createAgent({ model: { baseUrl: 'http://me:hunter2@127.0.0.1:9' }, environment: {} });
  await expect(agent.run('Look.')).rejects.toThrow(refused('without a name and a password'));
  await expect(agent.run('Look.')).rejects.not.toThrow(/hunter2/);
});

it('makes room by what is said of its model', async () => {
  const longest = async (facts: ModelFacts) => {
    await using api = await createSimulatedApi({
      script: (_request, { turn }) => ({
        content:
          turn < 12 ? [{ type: 'tool_use', name: 'Look', input: { at: turn } }] : [{ type: 'text', text: 'Done.' }],
      }),
    });
    const look = defineTool({
      name: 'Look',
      description: 'Looks.',
      input: z.object({ at: z.number() }),
      run: ({ at }) => `${at} `.repeat(3_000),
    });
    const folder = await temporaryFolder();
    const model = { name: 'llama', baseUrl: api.url, maxTokens: 1_000, facts: { llama: facts } };
    await using agent = createAgent({ model, environment: api.environment, folder, tools: [look] });
    expect(await agent.run('Look around.')).toMatchObject({ status: 'done' });
    return Math.max(...api.requests.map(({ body }) => JSON.stringify(body).length));
  };
  const price = { input: 1, output: 1 };
  const usual = await longest({ price });
  const cautious = await longest({ price, longPrompt: { aboveTokens: 15_000, price } });
  expect(cautious).toBeLessThan(0.75 * usual);
});
