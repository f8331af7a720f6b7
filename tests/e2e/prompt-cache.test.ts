import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createSimulatedApi, type MessagesRequest, type RequestRecord, type Script } from '../simulated-api/server.js';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryRepository } from '../support/temporary-repository.ts';

const instructions = `# How we work\n\n${'Keep functions small and name things by what they are.\n'.repeat(120)}`;

/** Three turns: two reads, then the answer. */
const readTwice: Script = (_request, { turn }) =>
  turn < 2
    ? { content: [{ type: 'tool_use', name: 'Read', input: { file_path: 'AGENTS.md', offset: 1 + turn, limit: 40 } }] }
    : { content: [{ type: 'text', text: 'Read.' }] };

/** Only the first answer of a conversation takes its time. */
const opensIn =
  (latencyMs: number) =>
  ({ turn }: { turn: number }): number =>
    turn === 0 ? latencyMs : 0;

function taskFile(agents: number, rest = ''): string {
  const subtasks = Array.from({ length: agents }, (_, index) => `  - { id: agent-${index}, prompt: "Part ${index}." }`);
  return `version: 1
name: cache
concurrency: ${agents}
${rest}defaults: { permissions: { mode: plan } }
subtasks:
${subtasks.join('\n')}
`;
}

function repositoryWith(text: string): TestRepository {
  return temporaryRepository({ 'AGENTS.md': instructions, 'fanfold.yml': text });
}

/** First requests of conversations, and those among them that wrote what all share. */
function openings(requests: readonly RequestRecord[]): { all: RequestRecord[]; writers: RequestRecord[] } {
  const all = requests.filter(({ turn }) => turn === 0);
  return { all, writers: all.filter(({ usage }) => (usage?.cache_read_input_tokens ?? 0) === 0) };
}

function prefixesOf(requests: readonly RequestRecord[]): Set<string> {
  return new Set(
    requests.map(({ body }) => {
      const { tools, system } = body as MessagesRequest;
      return JSON.stringify([tools, system]);
    }),
  );
}

test('of many agents one writes what all share, and logs --cache tells that the least was paid', async () => {
  await using api = await createSimulatedApi({ script: readTwice, latencyMs: opensIn(1_500) });
  const { folder } = repositoryWith(taskFile(8));
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder, environment: api.environment });
  expect(run.stderr).toBe('');
  const { all, writers } = openings(api.requests);
  expect(all).toHaveLength(8);
  expect(writers).toHaveLength(1);
  expect(prefixesOf(api.requests).size).toBe(1);

  const id = run.end().run;
  const text = await runFanfold(['logs', id, '--cache'], { folder });
  expect(text).toMatchObject({ exitCode: 0, stderr: '' });
  expect(text.stdout).toContain('claude-sonnet-5-5: 24 requests of 8 subtasks');
  expect(text.stdout).toContain('No request read less than was there for it.');
  const json = JSON.parse((await runFanfold(['logs', id, '--cache', '--json'], { folder })).stdout);
  const { all: total } = json.models[0].layers;
  const { cacheReadTokens, cacheCreationTokens, inputTokens } = api.totals();
  expect(total).toMatchObject({ read: cacheReadTokens, written: cacheCreationTokens, uncached: inputTokens });
  expect(total.effective / total.least).toBeLessThanOrEqual(1.03);
  expect(json).toMatchObject({ run: id, misses: [], unreadable: 0, prefixes: [{ subtasks: 8, isMeasured: true }] });
  expect(json.models[0].held.requests).toBeGreaterThan(0);

  const unknown = await runFanfold(['logs', id, 'nobody', '--cache'], { folder });
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('says nothing of a subtask "nobody"');
});

test('with warmUp off all of them write it, and logs --cache names each', async () => {
  await using api = await createSimulatedApi({ script: readTwice, latencyMs: opensIn(3_000) });
  const { folder } = repositoryWith(taskFile(4, 'model: { warmUp: off }\n'));
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder, environment: api.environment });
  expect(openings(api.requests).writers.length).toBeGreaterThan(1);
  const { stdout } = await runFanfold(['logs', run.end().run, '--cache'], { folder });
  expect(stdout).toMatch(/agent-\d, request 1: 0 of [\d,]+ tokens, sent \d\.\ds before the answer to agent-\d/);
});

test('a worker process waits for the first of the run’s own agents too', async () => {
  await using api = await createSimulatedApi({ script: readTwice, latencyMs: opensIn(4_000) });
  const text = taskFile(6, 'model: { warmUp: on }\n').replace('concurrency: 6', 'concurrency: 1');
  const { folder } = repositoryWith(text);
  const options = { folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], options);
  await until(() => api.requests.length === 1, 'the first agent has asked');
  const worker = startFanfold(['worker', '--concurrency', '5'], options);
  const { exitCode } = await run.ended;
  expect(exitCode).toBe(0);
  await worker.ended;
  const { all, writers } = openings(api.requests);
  expect(all).toHaveLength(6);
  expect(writers.map(({ index }) => index)).toEqual([0]);
});

test('a run that is gone on with sends the same prefix, and goes on with conversations where they were', async () => {
  let isStopped = false;
  await using api = await createSimulatedApi({
    script(request, context) {
      if (context.turn === 1 && !isStopped) return new Promise(() => {});
      return readTwice(request, context);
    },
  });
  const { folder } = repositoryWith(taskFile(4));
  const options = { folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], options);
  await until(() => api.requests.filter(({ turn }) => turn === 1).length === 4, 'all agents are in their second turn');
  run.child.kill('SIGKILL');
  await run.ended;
  isStopped = true;
  const before = api.requests.length;
  const resumed = await runFanfold(['resume', '--json'], options);
  expect(resumed.end()).toMatchObject({ exitCode: 0 });
  expect(prefixesOf(api.requests).size).toBe(1);
  const again = api.requests.slice(before);
  expect(again).toHaveLength(8);
  for (const { usage, turn } of again) {
    expect(turn).toBeGreaterThan(0);
    expect(usage?.cache_read_input_tokens).toBeGreaterThan(2_000);
  }
  const [id = ''] = readdirSync(`${folder}/.fanfold/runs`);
  const { stdout } = await runFanfold(['logs', id, '--cache', '--json'], { folder });
  expect(JSON.parse(stdout)).toMatchObject({ misses: [], prefixes: [{ subtasks: 4 }] });
});

test('a first agent that is cancelled before its answer leaves its place to another', async () => {
  let hangs = true;
  await using api = await createSimulatedApi({
    script(request, context) {
      if (hangs && context.index === 0) return new Promise(() => {});
      return readTwice(request, context);
    },
  });
  const { folder } = repositoryWith(taskFile(4));
  const options = { folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json'], options);
  await until(() => api.requests.length === 1, 'the first agent has asked');
  const [first] = api.requests;
  const id = /Part (\d)/.exec(JSON.stringify(first?.body))?.[1];
  hangs = false;
  await runFanfold(['cancel', '--subtask', `agent-${id}`], options);
  const { exitCode } = await run.ended;
  expect(exitCode).toBe(1);
  const { all, writers } = openings(api.requests.slice(1));
  expect(all).toHaveLength(3);
  expect(writers).toHaveLength(1);
});
