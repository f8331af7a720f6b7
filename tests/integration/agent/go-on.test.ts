import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Permissions } from '../../../tasks/index.ts';
import type { AgentResult } from '../../../worker/agent/agent.ts';
import { createAnthropicModel } from '../../../worker/agent/model/anthropic-model.ts';
import type { Message } from '../../../worker/agent/model/model.ts';
import { compileOutputSchema } from '../../../worker/agent/output/output-schema.ts';
import { createResultTool } from '../../../worker/agent/output/result-tool.ts';
import { readTranscript } from '../../../worker/agent/read-transcript.ts';
import { runAgent } from '../../../worker/agent/run-agent.ts';
import { seenFiles } from '../../../worker/agent/seen-files.ts';
import { createTools } from '../../../worker/agent/tools/create-tools.ts';
import { openTranscript, replaceTranscript, type Transcript } from '../../../worker/agent/transcript.ts';
import type { MessagesRequest } from '../../simulated-api/request-types.d.ts';
import { createSimulatedApi, type Reply, type SimulatedApi } from '../../simulated-api/server.js';
import { seededRandom } from '../../support/random.ts';
import { call, notesOf, resultsOf, scriptedModel, text } from './scripted-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

const permissions: Permissions = { mode: 'bypassPermissions', allow: [], ask: [], deny: [] };

interface Use {
  name: string;
  input: Record<string, unknown>;
}

/** Each writing command notes that it ran, outside the workspace. */
const bash = (name: string, command: string): Use => ({
  name: 'Bash',
  input: { command: `echo ${name} >> ../executed; ${command}` },
});
const steps: Use[][] = [
  [
    { name: 'Read', input: { file_path: 'a.txt' } },
    { name: 'Glob', input: { pattern: '*' } },
    bash('one', 'echo 1 > one.txt'),
    { name: 'Write', input: { file_path: 'new/b.txt', content: 'b\n' } },
    { name: 'Read', input: { file_path: 'new/b.txt' } },
    bash('two', 'echo 2 > two.txt'),
  ],
  [
    { name: 'Edit', input: { file_path: 'a.txt', old_string: 'var', new_string: 'const' } },
    { name: 'Grep', input: { pattern: 'const' } },
    bash('three', 'rm one.txt'),
  ],
];
const result: Use[] = [{ name: 'submit_result', input: { n: 1 } }];

/** Makes the calls of the plan step by step; one that was interrupted or not run is made again. */
function play(plan: readonly Use[][], messages: MessagesRequest['messages']): Reply {
  const made = new Map<string, string>();
  const done = new Set<string>();
  for (const { content } of messages) {
    for (const block of typeof content === 'string' ? [] : content) {
      if (block.type === 'tool_use') made.set(block.id, JSON.stringify([block.name, block.input]));
      if (block.type !== 'tool_result') continue;
      const isUnknown = /was interrupted|was not run/.test(JSON.stringify(block.content));
      if (!isUnknown) done.add(made.get(block.tool_use_id) ?? '');
    }
  }
  for (const step of plan) {
    const open = step.filter(({ name, input }) => !done.has(JSON.stringify([name, input])));
    if (open.length > 0) {
      return {
        content: [
          { type: 'thinking', thinking: 'Next.' },
          ...open.map((use) => ({ type: 'tool_use' as const, ...use })),
        ],
      };
    }
  }
  return { content: [{ type: 'text', text: 'All done.' }] };
}

interface Stage {
  root: string;
  path: string;
  api: SimulatedApi;
  owesResult: boolean;
}

async function stage(owesResult: boolean): Promise<Stage> {
  const folder = await temporaryFolder();
  const root = join(folder, 'workspace');
  mkdirSync(root);
  writeFileSync(join(root, 'a.txt'), 'var a;\n');
  const plan = owesResult ? [...steps, result] : steps;
  const api = await createSimulatedApi({
    script: (request) => play(plan, request.messages),
    conversationOf: () => 'one',
  });
  onTestFinished(() => api.close());
  return { root, path: join(folder, 'transcript.jsonl'), api, owesResult };
}

/** Numbers from 0 to 1. */
function share(seed: number): () => number {
  const random = seededRandom(seed);
  return () => random.below(1_000) / 1_000;
}

class Death extends Error {
  override message = 'death';
}

/** A transcript whose process dies at line number `at` of this delivery: after it, or with a part of it on disk. */
function dyingAt(path: string, at: number, tear: number | undefined): Transcript & Disposable {
  const real = openTranscript(path);
  let lines = 0;
  return {
    append(entry) {
      lines += 1;
      if (lines < at) return real.append(entry);
      if (lines > at) throw new Death();
      if (tear === undefined) real.append(entry);
      else {
        const line = `${JSON.stringify({ ...entry, time: 'now' })}\n`;
        appendFileSync(path, line.slice(0, Math.floor(tear * line.length)));
      }
      throw new Death();
    },
    [Symbol.dispose]: () => real[Symbol.dispose](),
  };
}

/** One delivery: goes on from the transcript, if there is one. Undefined when it died. */
async function deliver(
  { root, path, api, owesResult }: Stage,
  at = Number.POSITIVE_INFINITY,
  tear?: number,
): Promise<AgentResult | undefined> {
  const history = existsSync(path) ? await readTranscript(path) : undefined;
  if (history !== undefined)
    await replaceTranscript(path, history.lines, { usage: history.usage, denials: history.denials });
  else writeFileSync(path, '');
  const schema = compileOutputSchema({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] });
  if (!schema.ok) throw new Error(schema.error.message);
  using transcript = dyingAt(path, at, tear);
  const result = await runAgent({
    model: createAnthropicModel({ environment: api.environment }),
    tools: createTools({
      root,
      environment: { PATH: process.env['PATH'] ?? '' },
      seen: history === undefined ? [] : seenFiles(history),
    }),
    permissions: { policy: permissions },
    prompt: { system: 'You work.', run: '', task: 'Do it.' },
    signal: new AbortController().signal,
    report: () => {},
    transcript,
    ...(owesResult ? { result: createResultTool(schema.validator) } : {}),
    ...(history === undefined ? {} : { history }),
  });
  return result.status === 'failed' && result.error.message === 'death' ? undefined : result;
}

const executed = ({ root }: Stage): string[] =>
  existsSync(join(root, '../executed')) ? readFileSync(join(root, '../executed'), 'utf8').trim().split('\n') : [];

/** Names of the commands whose end is on disk. */
async function recorded({ path }: Stage): Promise<string[]> {
  const found = await readTranscript(path);
  if (found === undefined) return [];
  const answered = found.messages.flatMap((message) => (message.role === 'user' ? message.content : []));
  const ended = new Set([
    ...answered.flatMap((block) =>
      block.type === 'tool_result' && !/was interrupted|was not run/.test(block.content) ? [block.tool_use_id] : [],
    ),
    ...[...(found.unfinished?.ends ?? [])].flatMap(([id, { content }]) =>
      /was interrupted|was not run/.test(content) ? [] : [id],
    ),
  ]);
  const replies = found.messages.flatMap((message) => (message.role === 'assistant' ? message.content : []));
  return [...replies, ...(found.unfinished?.content ?? [])].flatMap((block) =>
    block.type === 'tool_use' && block.name === 'Bash' && ended.has(block.id)
      ? [/^echo (\w+)/.exec(String(block.input['command']))?.[1] ?? '']
      : [],
  );
}

function filesOf({ root }: Stage): Record<string, string> {
  const names = ['a.txt', 'one.txt', 'two.txt', 'new/b.txt'].filter((name) => existsSync(join(root, name)));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

const finalFiles = { 'a.txt': 'const a;\n', 'two.txt': '2\n', 'new/b.txt': 'b\n' };

/** As the server got them, without what marks the cache. */
function sent(api: SimulatedApi): { prefix: string; messages: string[] }[] {
  return api.requests.map(({ body }) => {
    const { messages, tools, system } = body as MessagesRequest;
    const plain = (value: unknown) => JSON.stringify(value).replaceAll(',"cache_control":{"type":"ephemeral"}', '');
    return { prefix: plain([tools, system]), messages: messages.map(plain) };
  });
}

function expectGoodRequests(api: SimulatedApi): void {
  expect(api.problems()).toEqual([]);
  const requests = sent(api);
  for (const [index, { prefix, messages }] of requests.entries()) {
    const before = requests[index - 1];
    if (before === undefined) continue;
    expect(prefix).toBe(before.prefix);
    expect(messages.slice(0, before.messages.length)).toEqual(before.messages);
  }
}

async function expectGoodEnd(place: Stage, ended: AgentResult | undefined, deaths: string): Promise<void> {
  expect(ended, deaths).toMatchObject({ status: 'done' });
  if (place.owesResult) expect(ended, deaths).toMatchObject({ output: { n: 1 } });
  else expect(ended?.text, deaths).toBe('All done.');
  expect(filesOf(place), deaths).toEqual(finalFiles);
  expectGoodRequests(place.api);
}

it.each([false, true])(
  'killed at any line, whole or torn, it ends as if it had not been (structured output: %s)',
  async (owesResult) => {
    const undisturbed = await stage(owesResult);
    await expectGoodEnd(undisturbed, await deliver(undisturbed), 'undisturbed');
    const lines = readFileSync(undisturbed.path, 'utf8').split('\n').length - 1;
    const calls = undisturbed.api.requests.length;
    expect(lines).toBeGreaterThan(20);
    const random = share(7);
    for (let at = 1; at <= lines; at += 1) {
      for (const tear of [undefined, random()]) {
        const deaths = `killed at line ${at}${tear === undefined ? '' : `, torn at ${tear}`}`;
        const place = await stage(owesResult);
        expect(await deliver(place, at, tear), deaths).toBeUndefined();
        const finished = await recorded(place);
        const before = executed(place);
        const ended = await deliver(place);
        await expectGoodEnd(place, ended, deaths);
        for (const name of finished) {
          const times = (names: string[]) => names.filter((other) => other === name).length;
          expect(times(executed(place)), `${name}, ${deaths}`).toBe(times(before));
        }
        // One that is lost while it is under way, and one to make interrupted calls again.
        expect(place.api.requests.length, deaths).toBeLessThanOrEqual(calls + 2);
        expect(ended?.turns, deaths).toBeLessThanOrEqual(calls + 1);
        const again = await deliver(place);
        expect(again, `${deaths}, then after its end`).toEqual(ended);
      }
    }
  },
);

it('killed again and again, it still ends', async () => {
  const random = share(11);
  for (let round = 0; round < 5; round += 1) {
    const place = await stage(round % 2 === 0);
    let ended: AgentResult | undefined;
    let deaths = 0;
    while (ended === undefined && deaths < 60) {
      // At least two lines further each time.
      ended = await deliver(place, 2 + Math.floor(random() * 6), random() < 0.5 ? undefined : random());
      deaths += 1;
    }
    await expectGoodEnd(place, ended, `round ${round}, ${deaths} deliveries`);
    expect(deaths).toBeGreaterThan(2);
  }
});

it('a death between two turns costs no model call, and the count goes on', async () => {
  const undisturbed = await stage(false);
  const whole = await deliver(undisturbed);
  const place = await stage(false);
  const isMessage = (line: string) => line.startsWith('{"type":"message"') && line.includes('"role":"user"');
  const lines = readFileSync(undisturbed.path, 'utf8').split('\n');
  const at = lines.findIndex((line, index) => index > 2 && isMessage(line)) + 1;
  expect(await deliver(place, at)).toBeUndefined();
  const ended = await deliver(place);
  expect(place.api.requests).toHaveLength(undisturbed.api.requests.length);
  expect(ended).toMatchObject({ turns: whole?.turns, usage: { outputTokens: whole?.usage.outputTokens } });
});

it('answers a writing call that had begun as interrupted, those after it as not run, and runs readers again', async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, 'a.txt'), 'a\n');
  const path = join(folder, 'transcript.jsonl');
  const uses = [
    call('Read', { file_path: 'a.txt' }, 'toolu_read'),
    call('Bash', { command: 'touch denied' }, 'toolu_denied'),
    call('Bash', { command: 'touch begun' }, 'toolu_begun'),
    call('Read', { file_path: 'a.txt' }, 'toolu_again'),
    call('Bash', { command: 'touch never' }, 'toolu_never'),
    call('Nothing', {}, 'toolu_unknown'),
  ];
  {
    using transcript = openTranscript(path);
    const layers = { system: 's', run: '', task: 't' };
    const say = (turn: number, message: Message) => transcript.append({ type: 'message', turn, message });
    transcript.append({ type: 'start', version: 1, model: 'scripted', layers, tools: [] });
    say(0, { role: 'user', content: [{ type: 'text', text: 't' }] });
    say(1, { role: 'assistant', content: uses });
    const end = { type: 'call-end' as const, turn: 1, id: 'toolu_read' };
    transcript.append({ ...end, content: 'what it was then', status: 'ok' });
    transcript.append({ ...end, id: 'toolu_denied', content: 'Denied.', status: 'denied', unanswered: true });
    transcript.append({ type: 'call-start', turn: 1, id: 'toolu_begun' });
    transcript.append({ ...end, id: 'toolu_begun', content: 'The work was cancelled.', status: 'cancelled' });
  }
  const history = await readTranscript(path);
  const model = scriptedModel([{ content: [text('Done.')] }]);
  using transcript = openTranscript(path);
  const ended = await runAgent({
    model,
    tools: createTools({ root: folder, environment: {} }),
    permissions: { policy: permissions },
    prompt: { system: 'other', run: 'other', task: 'other' },
    signal: new AbortController().signal,
    report: () => {},
    transcript,
    ...(history === undefined ? {} : { history }),
  });
  expect(ended).toMatchObject({ status: 'done', text: 'Done.', turns: 2, denials: 1 });
  model.assertFinished();
  expect(model.requests[0]?.system[0]?.text).toBe('s');
  const message = model.requests[0]?.messages[2];
  expect(notesOf(message)).toEqual([]);
  expect(resultsOf(message)).toEqual([
    { text: 'what it was then', isError: false },
    { text: 'Denied.', isError: true },
    { text: expect.stringContaining('interrupted'), isError: true },
    { text: expect.stringContaining('a'), isError: false },
    { text: expect.stringContaining('not run'), isError: true },
    { text: expect.stringContaining('not run'), isError: true },
  ]);
  for (const name of ['denied', 'begun', 'never']) expect(existsSync(join(folder, name)), name).toBe(false);
  expect((await readTranscript(path))?.messages).toHaveLength(3);
});
