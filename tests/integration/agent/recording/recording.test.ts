import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noUsage } from '../../../../tasks/index.ts';
import type { ContentBlock, Message, Model, ModelRequest, ModelTurn } from '../../../../worker/agent/model/model.ts';
import { beginRecording } from '../../../../worker/agent/model/recording/begin-recording.ts';
import { createPortableText } from '../../../../worker/agent/model/recording/portable-text.ts';
import { openRecordingFile } from '../../../../worker/agent/model/recording/recording-file.ts';
import { createRecordingModel } from '../../../../worker/agent/model/recording/recording-model.ts';
import { tidyRecording } from '../../../../worker/agent/model/recording/tidy-recording.ts';
import { readRecording } from '../../../../worker/agent/model/replay/read-recording.ts';
import { createReplayModel } from '../../../../worker/agent/model/replay/replay-model.ts';
import { systemText } from '../../../../worker/agent/prompt/system-text.ts';
import { temporaryFolder } from '../../../support/temporary-repository.ts';

const text = createPortableText(undefined, []);
const signal = new AbortController().signal;
const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 1, usd: 0.25 };

function request(messages: Message[], run = 'Goal: tidy'): ModelRequest {
  return {
    tools: [],
    system: [
      { type: 'text', text: systemText },
      { type: 'text', text: run, cache_control: { type: 'ephemeral' } },
    ],
    messages,
  };
}

const says = (words: string): Message => ({ role: 'user', content: [{ type: 'text', text: words }] });
const call = (id: string, command: string): ContentBlock => ({
  type: 'tool_use',
  id,
  name: 'Bash',
  input: { command },
});
const answer = (id: string, content: string): Message => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content }],
});

async function newRecording(): Promise<string> {
  const path = join(temporaryFolder(), 'traffic.ndjson');
  await beginRecording(path, { version: '1.2.3', goOn: false });
  return path;
}

/** Records what a model says to a conversation. */
function recorder(path: string, subtask: string, attempt = 1) {
  const file = openRecordingFile(path);
  return async (asked: ModelRequest, content: ContentBlock[] | ModelTurn, name = 'claude-sonnet-5-5') => {
    const turn: ModelTurn = Array.isArray(content) ? { ok: true, content, stopReason: 'end_turn', usage } : content;
    const limits = { contextTokens: 200_000, outputTokens: 8_000 };
    const model: Model = { name, limits, stream: async () => turn };
    return createRecordingModel(model, { file, text, use: { subtask, attempt } }).stream(asked, { signal });
  };
}

function replayer(path: string, subtask: string, attempt = 1): Model {
  return createReplayModel({ recording: readRecording(path), text, use: { subtask, attempt }, onUsed: () => {} });
}

const words = (turn: ModelTurn): string =>
  turn.ok
    ? turn.content.map((block) => (block.type === 'text' ? block.text : block.type)).join()
    : `${turn.error.code}: ${turn.error.message}`;

test('a replay gives the reply with its blocks, tokens and limits, and costs nothing', async () => {
  const path = await newRecording();
  const reply: ContentBlock[] = [
    { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'a', name: 'Bash', input: {} },
    call('b', 'ls'),
  ];
  await recorder(path, 'one')(request([says('Do it.')]), {
    ok: true,
    content: reply,
    stopReason: 'tool_use',
    usage,
    answered: { ...usage, inputTokens: 4 },
    malformed: { a: 'no JSON' },
  });
  const model = replayer(path, 'one');
  expect(model).toMatchObject({ name: 'replay:claude-sonnet-5-5', limits: { contextTokens: 200_000 } });
  const heard: string[] = [];
  const turn = await model.stream(request([says('Do it.')]), {
    signal,
    onText: (part) => heard.push(part),
    onBlock: (block, index) => heard.push(`${index} ${block.type}`),
  });
  expect(turn).toEqual({
    ok: true,
    content: reply,
    stopReason: 'tool_use',
    usage: { ...usage, usd: 0 },
    answered: { ...usage, inputTokens: 4, usd: 0 },
    malformed: { a: 'no JSON' },
  });
  expect(heard).toEqual(['0 thinking', 'I look.', '1 text', '3 tool_use']);
  expect(await model.stream(request([says('Do it.')]), { signal: AbortSignal.abort(new Error('stop')) })).toMatchObject(
    {
      ok: false,
    },
  );
});

test('cache marks, ids, key order, thinking and what comes with Fanfold make no difference; words do', async () => {
  const path = await newRecording();
  const record = recorder(path, 'one');
  const input = { command: 'date', description: 'when' };
  const first: ContentBlock[] = [{ type: 'tool_use', id: 'a', name: 'Bash', input }];
  await record(request([says('Do it.')]), first);
  await record(request([says('Do it.'), { role: 'assistant', content: first }, answer('a', '2026-11-22 10:00')]), [
    { type: 'text', text: 'Done.' },
  ]);
  const model = replayer(path, 'one');
  const again: Message[] = [
    says('Do it.'),
    {
      role: 'assistant',
      content: [
        { type: 'redacted_thinking', data: 'x' },
        { type: 'tool_use', id: 'z', name: 'Bash', input: { description: 'when', command: 'date' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'z', content: '2027-01-01 09:59', cache_control: { type: 'ephemeral' } },
      ],
    },
  ];
  const tools = [{ name: 'New', description: 'A tool of a newer version', input_schema: { type: 'object' } }];
  expect(words(await model.stream({ ...request(again), tools }, { signal }))).toBe('Done.');
  const failed = structuredClone(again);
  Object.assign(failed[2]?.content[0] ?? {}, { is_error: true });
  expect(words(await model.stream(request(failed), { signal }))).toContain(
    'the result of Bash was recorded as "[result of Bash]" and is now "[result of Bash, an error]"',
  );
  expect(words(await model.stream(request(again, 'Goal: tidy it'), { signal }))).toBe(
    'replay-diverged: Turn 2 of one is not in traffic.ndjson: line 1 of what all agents are told (goal, instructions of the project) was recorded as "Goal: tidy" and is now "Goal: tidy it".',
  );
});

test('of equal requests the own subtask, attempt and the conversation that went on count', async () => {
  const path = await newRecording();
  const opening = request([says('Try.')]);
  const said = (content: string): ContentBlock[] => [{ type: 'text', text: content }];
  await recorder(path, 'one')(opening, said('one'));
  await recorder(path, 'two')(opening, said('two'));
  await recorder(path, 'two', 2)(opening, said('two again'));
  // Killed before it went on, and begun afresh.
  await recorder(path, 'three')(opening, [call('a', 'true')]);
  await recorder(path, 'three', 2)(opening, said('three'));
  const reply = async (subtask: string, attempt: number) =>
    words(await replayer(path, subtask, attempt).stream(opening, { signal }));
  expect(await reply('one', 1)).toBe('one');
  expect(await reply('two', 1)).toBe('two');
  expect(await reply('two', 2)).toBe('two again');
  expect(await reply('two', 3)).toBe('two again');
  expect(await reply('three', 1)).toBe('three');
  expect(await reply('new', 1)).toBe('three');
});

test('failures are not recorded, but a refusal of what is too long is, since the agent asks otherwise then', async () => {
  const path = await newRecording();
  const record = recorder(path, 'one');
  const failure = (code: 'model-overloaded' | 'context-exhausted'): ModelTurn => ({
    ok: false,
    error: { code, message: 'no', next: 'wait', failure: 'transient' },
    usage: noUsage(),
  });
  expect(await record(request([says('a')]), failure('model-overloaded'))).toMatchObject({ ok: false });
  await record(request([says('b')]), failure('context-exhausted'));
  expect(readRecording(path).turns).toHaveLength(1);
  expect(words(await replayer(path, 'one').stream(request([says('b')]), { signal }))).toBe('context-exhausted: no');
});

test('where nothing can be written any more the turn fails, and its cost is known', async () => {
  const turn = await recorder(join(temporaryFolder(), 'gone.ndjson'), 'one')(request([says('a')]), []);
  expect(turn).toMatchObject({ ok: false, usage, error: { code: 'recording-failed', failure: 'permanent' } });
});

test('a difference in white space alone is made visible', async () => {
  const path = await newRecording();
  await recorder(path, 'one')(request([says('if (a)\n  b();')]), []);
  expect(words(await replayer(path, 'one').stream(request([says('if (a)\n\tb();')]), { signal }))).toContain(
    'line 2 of its prompt was recorded as "··b();" and is now "→b();"',
  );
});

test('shared layers and replies are written once; tidying keeps the last of equal turns and changes no reply', async () => {
  const path = await newRecording();
  for (const subtask of ['b', 'a']) {
    // Two threads: neither knows what the other has written.
    const record = recorder(path, subtask);
    const conversation: Message[] = [says('Work.')];
    for (let turn = 0; turn < 20; turn += 1) {
      const reply = [call(`${turn}`, `echo ${subtask} ${'x'.repeat(1_000)}`)];
      await record(request(conversation, 'Instructions. '.repeat(1_000)), reply);
      conversation.push({ role: 'assistant', content: reply }, answer(`${turn}`, `${turn} ${'y'.repeat(1_000)}`));
    }
    await record(request([says('Asked twice.')], 'Instructions.'), [{ type: 'text', text: `first ${subtask}` }]);
    await record(request([says('Asked twice.')], 'Instructions.'), [{ type: 'text', text: `last ${subtask}` }]);
  }
  appendFileSync(path, '\n{"type":"part","hash":"00');
  const before = statSync(path).size;
  // Forty requests that grow to 40 kB each.
  expect(before).toBeLessThan(180_000);
  expect(await tidyRecording(path)).toMatchObject({ turns: 42, subtasks: 2, bytes: statSync(path).size });
  expect(statSync(path).size).toBeLessThan(before - 14_000);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const tidied = readFileSync(path, 'utf8');
  expect(tidied.match(/(?:Instructions\. ){1000}/g)).toHaveLength(1);
  const recording = readRecording(path);
  expect(recording.by).toBe('1.2.3');
  expect([...new Set(recording.turns.map(({ subtask }) => subtask))]).toEqual(['a', 'b']);
  const twice = await replayer(path, 'a').stream(request([says('Asked twice.')], 'Instructions.'), { signal });
  expect(words(twice)).toBe('last a');
  await tidyRecording(path);
  expect(readFileSync(path, 'utf8')).toBe(tidied);
});

test.each([
  [
    'a part whose text was changed',
    (lines: string[]) => lines.map((line) => line.replace('Do it.', 'Do that.')),
    /line \d was changed/,
  ],
  ['a line of another kind', (lines: string[]) => [...lines, '{"type":"order","run":"rm"}'], /is none of a recording/],
  [
    'a reply with a block of another kind',
    (lines: string[]) => lines.map((line) => line.replace('"type":"text","text":"Yes', '"type":"image","text":"Yes')),
    /is none of a recording/,
  ],
  [
    'a reply that is nested beyond measure',
    (lines: string[]) =>
      lines.map((line) =>
        line.replace(
          '{"type":"text","text":"Yes."}',
          `{"type":"tool_use","id":"a","name":"Bash","input":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
        ),
      ),
    /the reply in line \d can't be read/,
  ],
  ['another first line', (lines: string[]) => ['{}', ...lines], /does not begin like one/],
])('%s is refused', async (_name, change, message) => {
  const path = await newRecording();
  await recorder(path, 'one')(request([says('Do it.')]), [{ type: 'text', text: 'Yes.' }]);
  writeFileSync(path, change(readFileSync(path, 'utf8').split('\n')).join('\n'));
  expect(() => readRecording(path)).toThrow(message);
});

test('no link is written through, and no other file replaced', async () => {
  const folder = temporaryFolder();
  const mine = join(folder, 'mine.txt');
  writeFileSync(mine, 'mine');
  symlinkSync(mine, join(folder, 'link.ndjson'));
  await expect(beginRecording(join(folder, 'link.ndjson'), { version: '1', goOn: false })).rejects.toThrow(
    /no recording/,
  );
  const path = await newRecording();
  symlinkSync(path, join(folder, 'recording.ndjson'));
  const turn = await recorder(join(folder, 'recording.ndjson'), 'one')(request([says('a')]), []);
  expect(turn).toMatchObject({ ok: false, error: { code: 'recording-failed' } });
});

test('resuming continues a recording, another run replaces it', async () => {
  const path = await newRecording();
  await recorder(path, 'one')(request([says('a')]), []);
  await beginRecording(path, { version: '2', goOn: true });
  expect(readRecording(path).turns).toHaveLength(1);
  await beginRecording(path, { version: '2', goOn: false });
  expect(readRecording(path)).toMatchObject({ turns: [], by: '2' });
});
