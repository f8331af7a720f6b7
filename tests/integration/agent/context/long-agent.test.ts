import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import type { MessagesRequest } from '../../../simulated-api/request-types.d.ts';
import { createSimulatedApi, type SimulatedApi } from '../../../simulated-api/server.js';
import { seededRandom } from '../../../support/random.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { codeWord, createWorker, deliver, isSummaryRequest, prepareWork, type Work } from './long-work.ts';

const turns = 300;
const window = 200_000;

interface Stage {
  work: Work;
  api: SimulatedApi;
  summaries: () => number;
}

async function stage(): Promise<Stage> {
  const work = prepareWork(await temporaryFolder(), turns, 17_000);
  const worker = createWorker({ files: turns, words: 1_500 });
  const api = await createSimulatedApi({ script: worker.script, conversationOf: () => 'one', keep: 'none' });
  onTestFinished(() => api.close());
  return { work, api, summaries: worker.summaries };
}

interface Line {
  type: string;
  ids?: string[];
  contextTokens?: number;
  message?: { content: { type: string; content?: string }[] };
}

function linesOf({ transcript }: Work): Line[] {
  return readFileSync(transcript, 'utf8')
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line));
}

/** What the tools gave, as the transcript has it. */
function toolOutput(lines: readonly Line[]): number {
  const blocks = lines.flatMap(({ message }) => message?.content ?? []);
  return blocks.reduce(
    (sum, { type, content }) => sum + (type === 'tool_result' ? Buffer.byteLength(content ?? '') : 0),
    0,
  );
}

it('an agent of 300 turns with 5 MB of tool output finishes inside a window of 200,000 tokens, and knows what came first', async () => {
  const { work, api, summaries } = await stage();
  const ended = await deliver(work, api);
  expect(api.problems()).toEqual([]);
  expect(ended).toMatchObject({
    status: 'done',
    turns: turns + 1,
    text: `Read all ${turns} files. The code word is ${codeWord}.`,
  });
  const lines = linesOf(work);
  expect(toolOutput(lines)).toBeGreaterThan(5_000_000);
  const largest = Math.max(...lines.map(({ contextTokens = 0 }) => contextTokens));
  expect(largest).toBeLessThan(window);
  const clears = lines.filter(({ type }) => type === 'clear');
  expect(clears.length).toBeGreaterThan(3);
  expect(summaries()).toBeGreaterThanOrEqual(1);
  const { inputTokens, cacheReadTokens, cacheCreationTokens } = api.totals();
  const prompt = inputTokens + cacheReadTokens + cacheCreationTokens;
  const share = cacheReadTokens / prompt;
  console.log(
    `300 turns: ${clears.length} clears, ${summaries()} compactions, largest context ${largest} tokens, ` +
      `${prompt} prompt tokens, ${(100 * share).toFixed(1)}% read from the cache`,
  );
  expect(share).toBeGreaterThan(0.85);
}, 180_000);

/** Without the marks of the cache, which depend on what the same process has sent before. */
function bodyOf(request: MessagesRequest): string {
  return JSON.stringify(request).replaceAll(',"cache_control":{"type":"ephemeral"}', '');
}

class Death extends Error {
  override message = 'death';
}

it('killed and taken up again in the middle of it, it ends the same', async () => {
  const { work, api } = await stage();
  const random = seededRandom(3);
  let deaths = 0;
  for (;;) {
    let left = 150 + random.below(250);
    const ended = await deliver(work, api, {
      wrap: (transcript) => ({
        append(entry) {
          left -= 1;
          if (left <= 0) throw new Death();
          transcript.append(entry);
        },
      }),
    });
    if (ended.status === 'failed' && ended.error.message === 'death') {
      deaths += 1;
      continue;
    }
    expect(api.problems()).toEqual([]);
    expect(ended.text).toBe(`Read all ${turns} files. The code word is ${codeWord}.`);
    break;
  }
  expect(deaths).toBeGreaterThan(2);
}, 300_000);

it('an agent that goes on has the very same context, wherever its transcript ends', async () => {
  const contextRule = { clearAt: 3_000, compactAt: 5_200, breakPrice: 2, keptResults: 1, keptBytes: 1_000 };
  const files = 36;
  // The first summary is of no use; the second is good.
  const pace = { files, words: 500, summary: (count: number) => (count === 1 ? [] : undefined) };
  const work = prepareWork(await temporaryFolder(), files, 2_000);
  const requests: { body: string; lines: number; isSummary: boolean }[] = [];
  let written = 0;
  const first = createWorker(pace);
  await using api = await createSimulatedApi({
    conversationOf: () => 'one',
    script(request) {
      requests.push({ body: bodyOf(request), lines: written, isSummary: isSummaryRequest(request) });
      return first.script(request);
    },
  });
  const undisturbed = await deliver(work, api, {
    setup: { contextRule },
    wrap: (transcript) => ({
      append(entry) {
        transcript.append(entry);
        written += 1;
      },
    }),
  });
  expect(api.problems()).toEqual([]);
  expect(undisturbed.text).toContain(codeWord);
  const lines = readFileSync(work.transcript, 'utf8').split(/(?<=\n)/);
  const kinds = lines.map((line): string => JSON.parse(line).type);
  expect(kinds.filter((kind) => kind === 'clear').length).toBeGreaterThan(2);
  expect(first.summaries()).toBeGreaterThan(2);
  for (let count = 2; count < lines.length; count += 1) {
    const next = requests.findIndex(({ lines: before }) => before >= count);
    if (next < 0) continue;
    const asked: string[] = [];
    const copy = prepareWork(await temporaryFolder(), files, 2_000);
    const again = createWorker({ ...pace, summary: () => undefined });
    await using other = await createSimulatedApi({
      conversationOf: () => 'one',
      script(request) {
        asked.push(bodyOf(request));
        return again.script(request);
      },
    });
    writeFileSync(copy.transcript, lines.slice(0, count).join(''));
    const ended = await deliver(copy, other, { setup: { contextRule } });
    expect(other.problems()).toEqual([]);
    expect(asked[0], `after line ${count} (${kinds[count - 1]})`).toBe(requests[next]?.body);
    expect(ended.text).toContain(codeWord);
  }
}, 180_000);
