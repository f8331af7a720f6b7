import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type PromptRecord, promptCacheFolder, promptRecordSchema, promptRecordsFile } from '../../../../ipc/index.ts';
import { type ModelSettings, noUsage } from '../../../../tasks/index.ts';
import type { Message, Model, ModelTurn } from '../../../../worker/agent/model/model.ts';
import { createPrompt } from '../../../../worker/agent/prompt/build-request.ts';
import { createWarmUp } from '../../../../worker/agent/prompt/warm-up.ts';
import { createPromptWatch, watchPrompts } from '../../../../worker/agent/prompt/watch-prompts.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tool = { name: 'Read', description: 'Reads a file.', input_schema: { type: 'object' } };
const layers = { system: 'Be careful.', run: 'Key: sk-very-secret-value. '.repeat(400), task: 'Do your part.' };
const usage = { ...noUsage(), inputTokens: 3, cacheReadTokens: 2_000, cacheWriteTokens: 40, outputTokens: 5 };
const done: ModelTurn = { ok: true, content: [{ type: 'text', text: 'Done.' }], stopReason: 'end_turn', usage };
const failed: ModelTurn = {
  ok: false,
  error: { code: 'model-overloaded', message: 'Too many.', next: 'Wait.', failure: 'transient' },
  usage: noUsage(),
};
const signal = new AbortController().signal;

interface Agent {
  ask(more?: Message[]): Promise<ModelTurn>;
  records(): PromptRecord[];
}

/** An agent of a run, by the model that it would have. */
async function agent(
  runFolder: string,
  name: string,
  model: Model,
  {
    watch = createPromptWatch(),
    settings = {},
  }: { watch?: ReturnType<typeof createPromptWatch>; settings?: ModelSettings } = {},
): Promise<Agent> {
  const logFolder = join(runFolder, 'subtasks', name, '1');
  await mkdir(logFolder, { recursive: true });
  const watched = watchPrompts(model, {
    assignment: { runFolder, agentsAtOnce: 8, subtask: { model: settings } },
    logFolder,
    hide: (text) => text.replaceAll('sk-very-secret-value', '[value of KEY]'),
    watch,
  });
  onTestFinished(() => watched[Symbol.dispose]());
  const prompt = createPrompt([tool], layers);
  const messages: Message[] = [prompt.opening()];
  return {
    ask(more = []) {
      messages.push(...more);
      return watched.stream(prompt.request(messages), { signal });
    },
    records: () =>
      readFileSync(promptRecordsFile(logFolder), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => promptRecordSchema.parse(JSON.parse(line))),
  };
}

function modelOf(stream: Model['stream'], name = 'claude-sonnet-5-5'): Model {
  return { name, limits: { contextTokens: 1, outputTokens: 1 }, stream };
}

test('what passes is unchanged, and of each request it is kept what was read and written', async () => {
  const runFolder = await temporaryFolder();
  const seen: string[] = [];
  const model = modelOf(async (request, { onBegin }) => {
    seen.push(JSON.stringify(request));
    onBegin?.();
    return done;
  });
  const one = await agent(runFolder, 'one', model);
  expect(await one.ask()).toBe(done);
  const more: Message[] = [
    { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
    { role: 'user', content: [{ type: 'text', text: 'go on' }] },
  ];
  await one.ask(more);
  const prompt = createPrompt([tool], layers);
  expect(seen).toEqual([
    JSON.stringify(prompt.request([prompt.opening()])),
    JSON.stringify(createPrompt([tool], layers).request([prompt.opening(), ...more])),
  ]);
  const [first, second] = one.records();
  expect(first).toMatchObject({ model: 'claude-sonnet-5-5', uncached: 3, read: 2_000, written: 40, minimum: 512 });
  expect(first?.bytes.run).toBe(Buffer.byteLength(layers.run));
  expect(second).toMatchObject({ before: first?.layers.conversation, layers: { system: first?.layers.system } });
  expect(second?.changed).toBeUndefined();
});

test('the layers that agents share are kept once, without secrets, under the digests that the records name', async () => {
  const runFolder = await temporaryFolder();
  const model = modelOf(async () => done);
  const watch = createPromptWatch();
  const one = await agent(runFolder, 'one', model, { watch });
  const two = await agent(runFolder, 'two', model, { watch });
  await Promise.all([one.ask(), two.ask()]);
  const [first, second] = [...one.records(), ...two.records()];
  expect(first?.layers).toEqual(second?.layers);
  const { root, layer } = promptCacheFolder(runFolder);
  expect(readdirSync(root).filter((name) => name.startsWith('layer-'))).toHaveLength(2);
  expect(readFileSync(layer(first?.layers.system ?? ''), 'utf8')).toBe(`${JSON.stringify(tool)}\nBe careful.`);
  expect(readFileSync(layer(first?.layers.run ?? ''), 'utf8')).toContain('Key: [value of KEY].');
});

test('agents wait until the answer to the first has begun, not until it has ended', async () => {
  const runFolder = await temporaryFolder();
  const order: string[] = [];
  let begin = (): void => {};
  let end = (): void => {};
  const slow = modelOf(async (_request, { onBegin }) => {
    order.push('first');
    begin = () => onBegin?.();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    order.push('first-end');
    return done;
  });
  const quick = modelOf(async () => {
    order.push('next');
    return done;
  });
  const first = (await agent(runFolder, 'first', slow)).ask();
  await sleep(50);
  const next = await Promise.all([1, 2, 3].map((number) => agent(runFolder, `next-${number}`, quick)));
  const asked = next.map((one) => one.ask());
  await sleep(100);
  expect(order).toEqual(['first']);
  begin();
  await Promise.all(asked);
  expect(order).toEqual(['first', 'next', 'next', 'next']);
  end();
  await first;
  for (const one of next) expect(one.records()[0]?.heldMs).toBeGreaterThanOrEqual(90);
});

test('a first that fails without an answer lets all go; so does a model that never says when its answer begins', async () => {
  const runFolder = await temporaryFolder();
  const watch = { ...createPromptWatch(), warmUp: createWarmUp({ longestMs: 60_000 }) };
  const asked: Promise<ModelTurn>[] = [];
  for (const turn of [failed, done, done]) {
    const model = modelOf(async () => {
      await sleep(50);
      return turn;
    });
    asked.push((await agent(runFolder, `agent-${asked.length}`, model, { watch })).ask());
  }
  expect(await Promise.all(asked)).toEqual([failed, done, done]);
  const other = await temporaryFolder();
  const silent = modelOf(async () => done);
  const agents = await Promise.all([1, 2, 3].map((number) => agent(other, `agent-${number}`, silent, { watch })));
  expect(await Promise.all(agents.map((one) => one.ask()))).toEqual([done, done, done]);
});

test('nobody waits where it is switched off', async () => {
  const runFolder = await temporaryFolder();
  const settings: ModelSettings = { warmUp: 'off' };
  const first = await agent(
    runFolder,
    'first',
    modelOf(() => new Promise(() => {})),
    { settings },
  );
  void first.ask();
  const next = await agent(
    runFolder,
    'next',
    modelOf(async () => done),
    { settings },
  );
  expect(await next.ask()).toBe(done);
  expect(next.records()[0]?.heldMs).toBeUndefined();
});

test('nobody waits for another effort, whose prefix has its own place in the cache; for other thinking it is the same', async () => {
  const runFolder = await temporaryFolder();
  const watch = createPromptWatch();
  let release = (_turn: ModelTurn): void => {};
  const held = new Promise<ModelTurn>((resolve) => {
    release = resolve;
  });
  const first = await agent(
    runFolder,
    'first',
    modelOf(() => held),
    { watch, settings: { effort: 'low', thinking: 'adaptive' } },
  );
  const asked = [first.ask()];
  const other = await agent(
    runFolder,
    'other',
    modelOf(async () => done),
    { watch, settings: { effort: 'high' } },
  );
  expect(await other.ask()).toBe(done);
  let isAsked = false;
  const same = await agent(
    runFolder,
    'same',
    modelOf(async () => {
      isAsked = true;
      return done;
    }),
    { watch, settings: { effort: 'low', thinking: 'off' } },
  );
  asked.push(same.ask());
  await sleep(100);
  expect(isAsked).toBe(false);
  release(done);
  expect(await Promise.all(asked)).toEqual([done, done]);
});

test('a failed request is kept as one, and the model that answered in the place of another by its name', async () => {
  const runFolder = await temporaryFolder();
  const turns: ModelTurn[] = [failed, { ...done, model: 'claude-haiku-5-5' }];
  const one = await agent(
    runFolder,
    'one',
    modelOf(async () => turns.shift() ?? done),
  );
  await one.ask();
  await one.ask();
  const [first, second] = one.records();
  expect(first).toMatchObject({ failed: true, model: 'claude-sonnet-5-5' });
  expect(first?.begunMs).toBeUndefined();
  expect(second).toMatchObject({ model: 'claude-haiku-5-5', read: 2_000 });
});

test('where nothing can be written down, the agent works all the same', async () => {
  const folder = await temporaryFolder();
  const noFolder = join(folder, 'file');
  writeFileSync(noFolder, '');
  const nowhere = watchPrompts(
    modelOf(async () => done),
    {
      assignment: { runFolder: noFolder, agentsAtOnce: 8, subtask: { model: {} } },
      logFolder: join(noFolder, 'subtasks/a/1'),
      hide: (text) => text,
      watch: createPromptWatch(),
    },
  );
  const prompt = createPrompt([tool], layers);
  expect(await nowhere.stream(prompt.request([prompt.opening()]), { signal })).toBe(done);
});
