import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addUsage, noUsage, totalTokens, type Usage } from '../../tasks/index.ts';
import { createSimulatedApi, type Fault, type RequestRecord, type Script } from '../simulated-api/server.js';
import { type FanfoldResult, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder } from '../support/temporary-repository.ts';

/** A place for the sockets of this test's processes, so that runs of others on the machine have no part in it. */
function runtimeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Looks around in each of its turns but the last. */
const wanderer =
  (turns: number): Script =>
  (_request, { turn }) =>
    turn === turns - 1
      ? { content: [{ type: 'text', text: 'Done with it.' }] }
      : {
          content: [
            { type: 'text', text: `I look around once more. ${'It takes some words to say where. '.repeat(20)}` },
            { type: 'tool_use', name: 'Glob', input: { pattern: `*-${turn}` } },
          ],
        };

function agents(count: number, settings: string): string {
  const lines = Array.from({ length: count }, (_, index) => `  - { id: a${index}, prompt: "Look around, a${index}." }`);
  return `version: 1
name: dear
${settings}
defaults: { workspace: none, retries: 0, timeout: 4m }
subtasks:
${lines.join('\n')}
`;
}

function place(taskFile: string, environment: Record<string, string>) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'fanfold.yml'), taskFile);
  return { folder, environment: { ...environment, XDG_RUNTIME_DIR: runtimeFolder() } };
}

/** By the account of the server, of whole answers. */
function served(records: readonly RequestRecord[]): number {
  return records.reduce(
    (sum, { usage }) =>
      usage === undefined
        ? sum
        : sum +
          usage.input_tokens +
          usage.cache_creation_input_tokens +
          usage.cache_read_input_tokens +
          usage.output_tokens,
    0,
  );
}

function spentOn(result: FanfoldResult): Usage {
  return result
    .events()
    .reduce((sum, event) => (event.type === 'attempt-end' ? addUsage(sum, event.usage) : sum), noUsage());
}

const faults: Fault[] = [
  { kind: 'rate-limit', retryAfterSeconds: 0.1, attempts: 1, probability: 0.05 },
  { kind: 'overloaded', attempts: 1, probability: 0.02 },
  { kind: 'drop', attempts: 1, probability: 0.15 },
];

test('100 agents on two threads, refused and cut, never spend more than the limit, and resume finishes them', async () => {
  const count = 100;
  await using api = await createSimulatedApi({ latencyMs: 10, faults, script: wanderer(4), keepLimit: 100_000 });
  const settings = 'concurrency: 100\nmodel: { maxTokens: 2000 }\nbudget: { tokens: 400000 }';
  const at = place(agents(count, settings), api.environment);
  const first = await runFanfold(['run', 'fanfold.yml', '--json', '--threads', '2'], at);
  const { exitCode, status, error, usage, subtasks } = first.end();
  expect({ exitCode, status, error: error?.code }).toEqual({
    exitCode: 5,
    status: 'failed',
    error: 'budget-exhausted',
  });
  expect(error?.message).toContain('of 400,000 tokens');
  expect(totalTokens(usage)).toBeLessThanOrEqual(400_000);
  expect(served(api.requests)).toBeLessThanOrEqual(totalTokens(usage));
  expect(totalTokens(usage)).toBeGreaterThan(300_000);
  expect(totalTokens(spentOn(first))).toBe(totalTokens(usage));
  expect(subtasks.landed).toBeLessThan(count);
  expect(api.totals().faults).toMatchObject({ 'rate-limit': expect.any(Number), drop: expect.any(Number) });
  const refused = await runFanfold(['resume'], at);
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toContain('--tokens');
  const resumed = await runFanfold(['resume', '--tokens', '100000000', '--json', '--threads', '2'], at);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { total: count, landed: count } });
  // Nobody began anew: each turn was answered once.
  const answered = api.requests.filter(({ outcome }) => outcome === 'answered');
  expect(answered).toHaveLength(4 * count);
}, 300_000);

test('money is limited as tokens are', async () => {
  await using api = await createSimulatedApi({ latencyMs: 10, script: wanderer(4), keepLimit: 100_000 });
  const settings = 'concurrency: 30\nmodel: { maxTokens: 2000 }\nbudget: { usd: 0.2 }';
  const at = place(agents(30, settings), api.environment);
  const { exitCode, error, usage } = (await runFanfold(['run', 'fanfold.yml', '--json', '--threads', '2'], at)).end();
  expect({ exitCode, error: error?.code }).toEqual({ exitCode: 5, error: 'budget-exhausted' });
  expect(error?.message).toContain('of 0.2000 USD');
  expect(usage.usd).toBeLessThanOrEqual(0.2);
  expect(usage.usd).toBeGreaterThan(0.1);
}, 120_000);

test('with one run of two processes, both together keep the limit', async () => {
  await using api = await createSimulatedApi({ latencyMs: 30, script: wanderer(4), keepLimit: 100_000 });
  const settings = 'concurrency: 4\nmodel: { maxTokens: 2000 }\nbudget: { tokens: 300000 }';
  const at = place(agents(60, settings), api.environment);
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--threads', '1', '--lease', '3'], at);
  await until(() => run.stdout().includes('"subtask-start"'), 'the run is at work');
  const worker = startFanfold(['worker', '--json', '--concurrency', '6', '--threads', '2'], at);
  const result = await run.ended;
  const { exitCode, usage } = result.end();
  expect(exitCode).toBe(5);
  expect(totalTokens(usage)).toBeLessThanOrEqual(300_000);
  expect(served(api.requests)).toBeLessThanOrEqual(300_000);
  expect(totalTokens(usage)).toBeGreaterThan(200_000);
  const workers = new Set(result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.worker] : [])));
  expect([...workers].some((name) => name.startsWith('outside-'))).toBe(true);
  expect((await worker.ended).exitCode).toBe(0);
}, 120_000);

test('a subtask that has used up its own budget fails, others go on, and with more it goes on where it was', async () => {
  await using api = await createSimulatedApi({
    script: (request, context) => wanderer(context.firstUserText.includes('a0') ? 12 : 2)(request, context),
  });
  const settings = 'model: { maxTokens: 1500 }';
  const taskFile = agents(3, settings).replace('a0."', 'a0.", budget: { tokens: 20000 }');
  const at = place(taskFile, api.environment);
  const first = await runFanfold(['run', 'fanfold.yml', '--json'], at);
  expect(first.end()).toMatchObject({ exitCode: 5, subtasks: { total: 3, landed: 2, failed: 1 } });
  const failed = first.events().find((event) => event.type === 'subtask-end' && event.subtask === 'a0');
  expect(failed).toMatchObject({
    status: 'failed',
    error: { code: 'budget-exhausted', next: expect.stringContaining('--subtask-tokens') },
  });
  if (failed?.type !== 'subtask-end') throw new Error('a0 has not ended');
  expect(totalTokens(failed.usage)).toBeLessThanOrEqual(20_000);
  expect(totalTokens(failed.usage)).toBeGreaterThan(5_000);
  const again = await runFanfold(['resume', '--failed', '--json'], at);
  expect(again.end()).toMatchObject({ exitCode: 5, subtasks: { failed: 1 } });
  const resumed = await runFanfold(['resume', '--failed', '--subtask-tokens', '10000000', '--json'], at);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { total: 3, landed: 3 } });
  expect(api.requests.filter(({ outcome }) => outcome === 'answered')).toHaveLength(12 + 2 * 2);
}, 120_000);

test('the minutes of a subtask end it in the middle of a request, and it goes on with more', async () => {
  let asked = 0;
  await using api = await createSimulatedApi({
    script(request, context) {
      asked += 1;
      return { ...(wanderer(2)(request, context) as { content: [] }), latencyMs: asked === 2 ? 60_000 : 0 };
    },
  });
  const at = place(agents(1, '').replace('a0."', 'a0.", budget: { minutes: 0.05 }'), api.environment);
  const first = await runFanfold(['run', 'fanfold.yml', '--json'], at);
  expect(first.end()).toMatchObject({ exitCode: 5, subtasks: { failed: 1 } });
  expect(first.end().durationMs).toBeLessThan(50_000);
  const resumed = await runFanfold(['resume', '--failed', '--subtask-minutes', '5', '--json'], at);
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(asked).toBe(3);
}, 120_000);

test('status and reports tell what is spent of what', async () => {
  await using api = await createSimulatedApi({ script: wanderer(2) });
  const at = place(agents(1, 'budget: { usd: 3, tokens: 2000000 }'), api.environment);
  const run = await runFanfold(['run', 'fanfold.yml'], at);
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toMatch(/out, \$0\.\d+ of \$3\.00, [\d.,]+k? of 2\.0M tokens/);
  const status = await runFanfold(['status', 'dear'], at);
  expect(status.stdout).toContain('of $3.00');
  const refused = await runFanfold(['run', 'fanfold.yml', '--subtask-usd', '0'], at);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('--subtask-usd takes a number above 0, not 0.');
});

test('with room for one request at a time, warm-up and rate limits hold nobody up for ever', async () => {
  const settings = 'concurrency: 10\nmodel: { maxTokens: 1500, warmUp: on }';
  const rateLimits = { requests: 30, windowMs: 1_000 };
  await using api = await createSimulatedApi({ latencyMs: 5, script: wanderer(3), rateLimits });
  const free = place(agents(10, settings), api.environment);
  const needed = totalTokens((await runFanfold(['run', 'fanfold.yml', '--json'], free)).end().usage);
  const tight = place(agents(10, `${settings}\nbudget: { tokens: ${needed + 15_000} }`), api.environment);
  const { exitCode, usage, subtasks } = (await runFanfold(['run', 'fanfold.yml', '--json'], tight)).end();
  expect({ exitCode, landed: subtasks.landed }).toEqual({ exitCode: 0, landed: 10 });
  expect(totalTokens(usage)).toBeLessThanOrEqual(needed + 15_000);
}, 120_000);

test('a server that answers at more length than it may ends the run at once, with what others had under way', async () => {
  await using api = await createSimulatedApi({
    script: (_request, { firstUserText }) =>
      firstUserText.includes('a0')
        ? { content: [{ type: 'text', text: 'more '.repeat(100_000) }], latencyMs: 1_500 }
        : { content: [{ type: 'text', text: 'Said.' }], latencyMs: 60_000 },
  });
  const at = place(agents(2, 'model: { maxTokens: 1500 }\nbudget: { tokens: 50000 }'), api.environment);
  const first = (await runFanfold(['run', 'fanfold.yml', '--json'], at)).end();
  expect(first).toMatchObject({ exitCode: 5, status: 'failed', error: { code: 'budget-exhausted' } });
  expect(first.error?.message).toContain('of 50,000 tokens');
  expect(first.durationMs).toBeLessThan(40_000);
  const raised = await runFanfold(['resume', '--tokens', '9000000', '--subtask-minutes', '0.05', '--json'], at);
  expect(raised.end().exitCode).toBe(5);
}, 120_000);

test('a recording is paid for with its tokens, exactly', async () => {
  await using api = await createSimulatedApi({ script: wanderer(3) });
  const at = place(agents(2, ''), api.environment);
  const recorded = await runFanfold(['run', 'fanfold.yml', '--record', 'traffic.jsonl', '--json'], at);
  const needed = totalTokens(recorded.end().usage);
  const replay = async (tokens: number) => {
    writeFileSync(join(at.folder, 'fanfold.yml'), agents(2, `budget: { tokens: ${tokens} }`));
    return (await runFanfold(['run', 'fanfold.yml', '--model', 'replay:traffic.jsonl', '--force', '--json'], at)).end();
  };
  expect(await replay(needed)).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  const short = await replay(needed - 1);
  expect(short).toMatchObject({ exitCode: 5, error: { code: 'budget-exhausted' } });
  expect(totalTokens(short.usage)).toBeLessThan(needed);
});

test('a limit in money that can not hold is told of once', async () => {
  await using api = await createSimulatedApi({ script: wanderer(2) });
  const at = place(agents(2, 'model: { name: local-model }\nbudget: { usd: 1 }'), api.environment);
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], at);
  expect(run.end().exitCode).toBe(0);
  const told = run.events().filter((event) => event.type === 'notice' && event.message.includes('does not hold'));
  expect(told).toMatchObject([{ level: 'warning', message: expect.stringContaining('local-model') }]);
});

test('what a killed run has spent counts when it is gone on with, also where no event tells', async () => {
  let held = true;
  await using api = await createSimulatedApi({
    script: (request, context) => ({
      ...(wanderer(6)(request, context) as { content: [] }),
      latencyMs: held && context.turn === 4 ? 60_000 : 0,
    }),
  });
  const settings = 'model: { maxTokens: 1500 }\nbudget: { tokens: 60000 }';
  const at = place(agents(1, settings), api.environment);
  const run = startFanfold(['run', 'fanfold.yml', '--json'], at);
  await until(() => api.requests.length === 5, 'four turns are over');
  run.child.kill('SIGKILL');
  await run.ended;
  held = false;
  const spent = served(api.requests);
  const refused = (await runFanfold(['resume', '--tokens', String(spent + 1_000), '--json'], at)).end();
  expect(refused).toMatchObject({ exitCode: 5, error: { code: 'budget-exhausted' } });
  expect(refused.error?.message).toContain(`${spent.toLocaleString('en')} of`);
  const resumed = (await runFanfold(['resume', '--tokens', '1000000', '--json'], at)).end();
  expect(resumed).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(totalTokens(resumed.usage)).toBe(served(api.requests));
}, 120_000);
