import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noUsage } from '../../../../tasks/index.ts';
import type { AgentSetup } from '../../../../worker/agent/agent.ts';
import type { Model } from '../../../../worker/agent/model/model.ts';
import type { MessagesRequest } from '../../../simulated-api/request-types.d.ts';
import {
  createSimulatedApi,
  type Reply,
  type ReplyBlock,
  type SimulatedApiOptions,
} from '../../../simulated-api/server.js';
import { temporaryFolder } from '../temporary-folder.ts';
import { codeWord, createWorker, deliver, isSummaryRequest, prepareWork, type Work } from './long-work.ts';

const files = 12;
const done = `Read all ${files} files. The code word is ${codeWord}.`;
/** A rule by which the work needs several summaries: its replies alone are too much. */
const tight = { clearAt: 2_500, compactAt: 3_600, breakPrice: 11.5, keptResults: 1, keptBytes: 1_000 };

async function run(
  options: SimulatedApiOptions,
  { setup, modelName, work: given }: { setup?: Partial<AgentSetup>; modelName?: string; work?: Work } = {},
) {
  const work = given ?? prepareWork(await temporaryFolder(), files, 2_000);
  const api = await createSimulatedApi({ conversationOf: () => 'one', ...options });
  onTestFinished(() => api.close());
  const ended = await deliver(work, api, { ...(setup && { setup }), ...(modelName && { modelName }) });
  const lines = readFileSync(work.transcript, 'utf8')
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
  const kinds = (type: string) => lines.filter((line) => line['type'] === type);
  return { work, api, ended, lines, kinds };
}

describe('a prompt that the server refuses as too long', () => {
  it('is asked again once old results are cleared, where nothing was known of the model', async () => {
    const worker = createWorker({ files, words: 20 });
    const { ended, kinds, api } = await run(
      { script: worker.script, contextTokens: 5_000 },
      { modelName: 'local-model' },
    );
    expect(ended).toMatchObject({ status: 'done', text: done, turns: files + 1 });
    expect(kinds('clear').length).toBeGreaterThan(0);
    expect(worker.summaries()).toBe(0);
    expect(api.problems().every((problem) => problem.startsWith('prompt is too long'))).toBe(true);
    expect(api.problems().length).toBeGreaterThan(0);
  });

  it('is summed up where there is nothing to clear', async () => {
    const worker = createWorker({ files, words: 3_000 });
    const { ended, api } = await run({ script: worker.script, contextTokens: 9_000 }, { modelName: 'local-model' });
    expect(ended).toMatchObject({ status: 'done', text: done });
    expect(worker.summaries()).toBeGreaterThan(0);
    expect(api.problems({ allowRefused: true })).toEqual([]);
  });

  it('ends the agent with a clear error when nothing is left to take out', async () => {
    const script = (): Reply => ({ content: [{ type: 'text', text: 'never asked' }] });
    const { ended, api } = await run({ script, contextTokens: 800 }, { modelName: 'local-model' });
    expect(ended).toMatchObject({
      status: 'failed',
      turns: 0,
      error: { code: 'context-exhausted', failure: 'permanent' },
    });
    expect(ended.status === 'failed' && ended.error.message).toContain('prompt is too long');
    expect(api.totals().requests).toBe(1);
  });
});

describe('a reply that is cut off because the window is full', () => {
  const isFirst = (request: MessagesRequest, place: number) => JSON.stringify(request).includes(`file-${place}.txt`);

  it('goes on after room was made; calls that were whole are not run twice', async () => {
    const worker = createWorker({ files, words: 20 });
    let cut = false;
    const { ended, kinds, api } = await run({
      script(request) {
        const reply = worker.script(request);
        if (cut || !isFirst(request, 8) || isSummaryRequest(request)) return reply;
        cut = true;
        return { ...reply, stopReason: 'model_context_window_exceeded' };
      },
    });
    expect(ended).toMatchObject({ status: 'done', text: done });
    expect(kinds('clear').length + kinds('compact').length).toBeGreaterThan(0);
    const reads = kinds('call-end').map(({ id }) => id);
    expect(new Set(reads).size).toBe(files);
    expect(api.problems()).toEqual([]);
  });

  it('ends the agent where there is nothing to take out', async () => {
    const script = (): Reply => ({
      content: [{ type: 'text', text: 'I begin' }],
      stopReason: 'model_context_window_exceeded',
    });
    const { ended, api } = await run({ script });
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'context-exhausted' } });
    expect(api.totals().requests).toBe(1);
  });
});

describe('a summary', () => {
  it.each<[string, ReplyBlock[] | undefined]>([
    ['empty', []],
    ['longer than what it replaces', [{ type: 'text', text: 'Read on. '.repeat(5_000) }]],
    ['a call instead', [{ type: 'tool_use', name: 'Bash', input: { command: 'touch called' } }]],
  ])('that is %s loses nothing: results are cleared, and it is not asked for each turn', async (_, answer) => {
    const worker = createWorker({ files, words: 600, summary: () => answer ?? [] });
    const { ended, kinds, api } = await run({ script: worker.script }, { setup: { contextRule: tight } });
    expect(ended).toMatchObject({ status: 'done', text: done });
    expect(kinds('compact').filter((line) => 'summary' in line)).toEqual([]);
    expect(kinds('compact').length).toBe(worker.summaries());
    // A pause of 20 messages, which are 10 turns.
    expect(worker.summaries()).toBeLessThanOrEqual(2);
    expect(kinds('clear').length).toBeGreaterThan(1);
    expect(api.problems()).toEqual([]);
  });

  it('that the server does not give is no end', async () => {
    const worker = createWorker({ files, words: 600 });
    const fault = {
      kind: 'http-error' as const,
      status: 400,
      type: 'invalid_request_error',
      message: 'no summaries here',
    };
    const { ended, kinds } = await run(
      { script: worker.script, faults: [{ ...fault, match: isSummaryRequest }] },
      { setup: { contextRule: tight } },
    );
    expect(ended).toMatchObject({ status: 'done', text: done });
    expect(kinds('compact').length).toBeGreaterThan(0);
  });

  it('reads the conversation from the cache, keeps the task word for word, and its price counts', async () => {
    const worker = createWorker({ files, words: 600 });
    const { ended, api, kinds } = await run(
      { script: worker.script, minimumCacheTokens: 100 },
      { setup: { contextRule: { ...tight, keptResults: 1_000 } } },
    );
    expect(ended).toMatchObject({ status: 'done', text: done });
    const asked = api.requests.filter(({ body }) => isSummaryRequest(body as MessagesRequest));
    expect(asked.length).toBe(worker.summaries());
    const [first] = asked;
    expect(first?.usage?.cache_creation_input_tokens).toBeLessThan(600);
    expect(first?.usage?.cache_read_input_tokens).toBeGreaterThan(2_000);
    const later = api.requests.at(-1)?.body as MessagesRequest;
    expect(JSON.stringify(later.messages[0])).toContain('Read the files one after another; then say the code word.');
    const totals = api.totals();
    expect(ended.usage.outputTokens).toBe(totals.outputTokens);
    expect(ended.usage.cacheReadTokens).toBe(totals.cacheReadTokens);
    expect(kinds('compact').every((line) => 'summary' in line)).toBe(true);
  });

  it('is written by another model where one is named, without what this one signed', async () => {
    const asked: unknown[] = [];
    const summariser: Model = {
      name: 'writer',
      limits: { contextTokens: 100_000, outputTokens: 4_000 },
      async stream({ messages }) {
        asked.push(messages);
        const content = [{ type: 'text' as const, text: `The code word is ${codeWord}.` }];
        return { ok: true, content, stopReason: 'end_turn', usage: { ...noUsage(), outputTokens: 7 } };
      },
    };
    const worker = createWorker({ files, words: 600 });
    const { ended, api } = await run({ script: worker.script }, { setup: { contextRule: tight, summariser } });
    expect(ended).toMatchObject({ status: 'done', text: done });
    expect(asked.length).toBeGreaterThan(0);
    expect(worker.summaries()).toBe(0);
    expect(JSON.stringify(asked)).not.toContain('signature');
    expect(api.problems()).toEqual([]);
  });
});

it('a result that was cleared can be read and searched by its handle', async () => {
  const work = prepareWork(await temporaryFolder(), files, 2_000);
  const handles: string[] = [];
  const answers: string[] = [];
  const worker = createWorker({ files, words: 20 });
  const rule = { ...tight, clearAt: 500, compactAt: 1_000_000, breakPrice: 0 };
  const script = (request: MessagesRequest): Reply => {
    const found = /"(result:[^"\\]+)\\"/.exec(JSON.stringify(request.messages))?.[1];
    const last = request.messages.at(-1)?.content;
    const results = typeof last === 'string' ? [] : (last ?? []).filter(({ type }) => type === 'tool_result');
    if (found === undefined || answers.length > 0) return worker.script(request);
    if (handles.length === 0) {
      handles.push(found);
      return {
        content: [
          { type: 'tool_use', name: 'Read', input: { file_path: found, limit: 5 } },
          { type: 'tool_use', name: 'Grep', input: { pattern: 'code word', path: found, output_mode: 'content' } },
          { type: 'tool_use', name: 'Read', input: { file_path: 'result:../transcript' } },
        ],
      };
    }
    answers.push(...results.map((block) => JSON.stringify(block)));
    return { content: [{ type: 'text', text: 'Seen.' }] };
  };
  const { ended, kinds } = await run({ script }, { work, setup: { contextRule: rule } });
  expect(ended.text).toBe('Seen.');
  expect(kinds('clear').length).toBeGreaterThan(0);
  expect(answers[0]).toContain(`The code word is ${codeWord}.`);
  expect(answers[1]).toContain(`${handles[0]}:4:`);
  expect(answers[1]).toContain(codeWord);
  expect(answers[1]).not.toContain(work.logFolder);
  expect(answers[2]).toContain('There is no file result:../transcript');
});

it('a long result is given by its start and end, and kept whole', async () => {
  const work = prepareWork(await temporaryFolder(), 1, 100);
  writeFileSync(join(work.root, 'long.txt'), Array.from({ length: 20_000 }, (_, line) => `row ${line + 1}\n`).join(''));
  const given: string[] = [];
  const script = (request: MessagesRequest): Reply => {
    const content = request.messages.at(-1)?.content;
    const block = typeof content === 'string' ? undefined : content?.[0];
    const result = block?.type === 'tool_result' && typeof block.content === 'string' ? block.content : '';
    if (result !== '') given.push(result);
    if (given.length === 0)
      return { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'cat long.txt' } }] };
    const handle = /file_path "(result:[^"]+)", offset (\d+)/.exec(given[0] ?? '');
    if (given.length > 1 || handle === null) return { content: [{ type: 'text', text: 'Done.' }] };
    const input = { file_path: handle[1], offset: Number(handle[2]), limit: 2 };
    return { content: [{ type: 'tool_use', name: 'Read', input }] };
  };
  const { ended, api } = await run({ script }, { work });
  expect(ended.status).toBe('done');
  expect(given[0]?.length).toBeLessThan(17_000);
  expect(given[0]).toMatch(/^row 1\n/);
  expect(given[0]).toMatch(/row 20000$/);
  const next = Number(/offset (\d+)/.exec(given[0] ?? '')?.[1]);
  expect(given[0]).toContain(`\nrow ${next - 1}\n\n… lines ${next} to `);
  expect(given[1]).toContain(`\trow ${next}\n`);
  expect(api.problems()).toEqual([]);
});
