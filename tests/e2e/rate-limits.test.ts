import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SubtaskEnd } from '../../tasks/index.ts';
import { createSimulatedApi, type Fault, type RequestRecord, type Script } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

/** A place for the sockets of this test's processes, so that runs of others on the machine have no part in it. */
function runtimeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function subtasks(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => `  - { id: a${index}, prompt: "subject=a${index};" }`);
  return `subtasks:\n${lines.join('\n')}\n`;
}

/** Each agent notes its calls in a file of its own, one after another, with a look between; then it is done. */
const noteTwice: Script = (_request, { turn, firstUserText }) => {
  const [, name = ''] = /subject=(\w+);/.exec(firstUserText) ?? [];
  if (turn === 2) return { content: [{ type: 'text', text: 'Noted.' }] };
  return {
    content: [
      { type: 'text', text: 'I look, then I note it.' },
      { type: 'tool_use', name: 'Glob', input: { pattern: `*-${turn}` } },
      { type: 'tool_use', name: 'Bash', input: { command: `echo turn ${turn} | tee -a ran-${name}` } },
    ],
  };
};

test('40 agents at a server that refuses and cuts every third request all finish, and no call is made twice', async () => {
  const agents = 40;
  const faults: Fault[] = [
    { kind: 'rate-limit', retryAfterSeconds: 0.2, probability: 0.2 },
    { kind: 'overloaded', probability: 0.0625 },
    { kind: 'drop', probability: 0.0667 },
  ];
  await using api = await createSimulatedApi({ latencyMs: 20, faults, script: noteTwice, keepLimit: 100_000 });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: shaky
concurrency: ${agents}
permissions: { allow: ["Bash(echo *)", "Bash(tee -a ran-*)"] }
defaults: { workspace: none, retries: 0, timeout: 4m }
${subtasks(agents)}`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: { ...api.environment, XDG_RUNTIME_DIR: runtimeFolder() },
  });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: agents, landed: agents } });
  for (let index = 0; index < agents; index += 1) {
    expect(readFileSync(join(repository.folder, `ran-a${index}`), 'utf8'), `a${index}`).toBe('turn 0\nturn 1\n');
  }
  const ended = run.events().filter((event) => event.type === 'tool-end' && event.tool === 'Glob');
  expect(ended).toHaveLength(2 * agents);
  const { answered, faulted } = api.totals();
  expect(answered).toBe(3 * agents);
  expect(faulted).toBeGreaterThan(20);
  api.assertFinished();
  expect(leftovers(repository)).toEqual([]);
}, 300_000);

test('a run and two workers share what a rate limit leaves room for', async () => {
  const agents = 36;
  const runtime = runtimeFolder();
  await using api = await createSimulatedApi({
    latencyMs: 100,
    rateLimits: { requests: 30, windowMs: 10_000 },
    script: (_request, { turn }) =>
      turn < 3
        ? { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: `*-${turn}` } }] }
        : { content: [{ type: 'text', text: 'Looked.' }] },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: limited
defaults: { workspace: none, retries: 0, timeout: 4m, permissions: { mode: plan } }
${subtasks(agents)}`,
  });
  const environment = { ...api.environment, XDG_RUNTIME_DIR: runtime };
  const options = { folder: repository.folder, environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--concurrency', '12', '--threads', '2'], options);
  await until(() => run.stdout().includes('subtask-start'), 'the run is at work');
  const workers = [1, 2].map(() =>
    startFanfold(['worker', '--concurrency', '12', '--threads', '1', '--json'], options),
  );
  const governors = (): string[] =>
    readdirSync(runtime).flatMap((name) =>
      name.startsWith('fanfold-governor') ? readdirSync(join(runtime, name)).map((socket) => `${name}/${socket}`) : [],
    );
  await until(() => governors().length === 1, 'somebody governs');
  const result = await run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { total: agents, landed: agents } });
  for (const { ended } of workers) expect((await ended).exitCode).toBe(0);
  const at = new Set(result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.worker] : [])));
  expect([...at].filter((worker) => worker.startsWith('outside-')).length).toBeGreaterThanOrEqual(2);
  // The first burst is refused, when nobody knows of a limit yet; from then on nearly nothing is.
  const [{ startedAt }] = api.requests as [RequestRecord];
  const later = api.requests.filter((request) => request.startedAt > startedAt + 4_000);
  const refused = later.filter(({ status }) => status === 429);
  expect(later.length).toBeGreaterThan(50);
  expect(refused.length / later.length).toBeLessThan(0.15);
  expect(result.stdout).toMatch(/"activity":"waits for the rate limit \(\d+ s\)"/);
  expect(governors()).toEqual([]);
}, 300_000);

test('a model that is overloaded is stood in for, and all that is told names the one that answered', async () => {
  await using api = await createSimulatedApi({
    faults: [{ kind: 'overloaded', match: ({ model }) => model === 'claude-opus-5-5' }],
    script: (_request, { turn }) =>
      turn === 0
        ? {
            content: [
              { type: 'thinking', thinking: 'A note.' },
              { type: 'tool_use', name: 'Write', input: { file_path: 'note.txt', content: 'x\n' } },
            ],
          }
        : { content: [{ type: 'text', text: 'Written.' }] },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: busy
model: { name: claude-opus-5-5, fallback: [claude-sonnet-5-5] }
subtasks: [{ id: one, prompt: "Write a note." }]
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: { ...api.environment, XDG_RUNTIME_DIR: runtimeFolder() },
  });
  const end = run.end();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(end.usage.usd).toBeGreaterThan(0);
  expect(run.stdout).toContain('claude-opus-5-5 is overloaded: claude-sonnet-5-5 takes over');
  const models = run.events().flatMap((event) => (event.type === 'model-end' ? [event.model] : []));
  expect(models).toEqual(['claude-sonnet-5-5', 'claude-sonnet-5-5']);
  const transcript = readFileSync(join(end.folder, 'subtasks', 'one', '1', 'transcript.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(transcript[0]).toMatchObject({ type: 'start', model: 'claude-opus-5-5' });
  const replies = transcript.filter(({ message }) => message?.role === 'assistant');
  expect(replies.map(({ model }) => model)).toEqual(['claude-sonnet-5-5', 'claude-sonnet-5-5']);
});

test('a subtask whose time runs out while it waits for the limit says so', async () => {
  await using api = await createSimulatedApi({
    faults: [{ kind: 'rate-limit', retryAfterSeconds: 600 }],
    script: () => ({ content: [{ type: 'text', text: 'Never.' }] }),
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: closed
defaults: { workspace: none, retries: 0, timeout: 6s, permissions: { mode: plan } }
subtasks: [{ id: one, prompt: "Say hello." }]
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: { ...api.environment, XDG_RUNTIME_DIR: runtimeFolder() },
  });
  expect(run.exitCode).toBe(1);
  const ended = run.events().find((event): event is SubtaskEnd => event.type === 'subtask-end');
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  expect(ended?.error?.message).toMatch(/did not end within 6 s\. For \d s of that it waited for claude-sonnet-5-5/);
  expect(run.stdout).toMatch(/waits for the rate limit \(\d{3} s\)/);
});
