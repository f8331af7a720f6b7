import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FanfoldError, type ProgressInput, type Subtask } from '../../../tasks/index.ts';
import { createModelSource } from '../../../worker/agent/model/model-source.ts';
import type { ExecutionContext } from '../../../worker/executors/executor.ts';
import { executePrompt } from '../../../worker/executors/prompt.ts';
import { executeRun } from '../../../worker/executors/run.ts';
import { createSimulatedApi, type SimulatedApi, type SimulatedApiOptions } from '../../simulated-api/server.js';
import { temporaryFolder } from './temporary-folder.ts';

interface Prepared {
  context: ExecutionContext;
  events: ProgressInput[];
  root: string;
  log: (name: string) => Promise<string>;
}

async function prepare(subtask: Partial<Subtask>, signal = new AbortController().signal): Promise<Prepared> {
  const folder = await temporaryFolder();
  const root = join(folder, 'workspace');
  const logFolder = join(folder, 'logs');
  await mkdir(root);
  await mkdir(logFolder);
  const events: ProgressInput[] = [];
  const assignment = {
    run: 'run-1',
    attempt: 2,
    repository: root,
    runFolder: folder,
    goal: 'The goal',
    subtask: {
      id: 'part',
      needs: [],
      executor: { kind: 'run' as const, command: 'true' },
      writes: [],
      environment: { FANFOLD_ITEM_NAME: 'apple', FANFOLD_RUN: 'run-1' },
      workspace: 'worktree' as const,
      retries: 0,
      timeoutMs: 60_000,
      permissions: { mode: 'acceptEdits' as const, allow: [], ask: [], deny: [] },
      model: {},
      checks: [],
      ...subtask,
    },
  };
  const report = (event: ProgressInput): void => void events.push(event);
  const context = { assignment, root, signal, report, logFolder, worker: 'worker-1' };
  return { context, events, root, log: (name) => readFile(join(logFolder, name), 'utf8') };
}

const run = (command: string, extra: Partial<Subtask> = {}) =>
  prepare({ executor: { kind: 'run', command }, ...extra });
const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };

describe('executeRun', () => {
  it('runs in the workspace with its variables and keeps the output', async () => {
    const { context, root, log } = await run(
      'pwd; echo "$FANFOLD_ITEM_NAME $FANFOLD_RUN $FANFOLD_SUBTASK $FANFOLD_ATTEMPT"',
    );
    const result = await executeRun(context);
    expect(result).toMatchObject({ status: 'done', summary: `${root}\napple run-1 part 2`, denials: 0 });
    expect(await log('output.log')).toBe(`${root}\napple run-1 part 2\n`);
  });

  it('fails with the end of the output, and tells a missing program apart', async () => {
    const failed = await executeRun((await run('echo "it is broken" >&2; exit 3')).context);
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'command-failed', failure: 'permanent', data: { exitCode: 3, output: 'it is broken\n' } },
    });
    const missing = await executeRun((await run('no-such-program-anywhere')).context);
    expect(missing).toMatchObject({ status: 'failed', error: { code: 'command-not-found' } });
  });

  it('reports why it was stopped', async () => {
    const controller = new AbortController();
    const { context } = await prepare({ executor: { kind: 'run', command: 'sleep 30' } }, controller.signal);
    const late = new FanfoldError({ code: 'timeout', message: 'Late.', next: 'None.', failure: 'timeout' });
    setTimeout(() => controller.abort(late), 50);
    expect(await executeRun(context)).toMatchObject({
      status: 'failed',
      error: { code: 'timeout', failure: 'timeout' },
    });
    const cancelled = new FanfoldError({ code: 'cancelled', message: 'No.', next: 'None.', failure: 'cancelled' });
    const before = await prepare({ executor: { kind: 'run', command: 'touch x' } }, AbortSignal.abort(cancelled));
    expect(await executeRun(before.context)).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  });

  it('takes structured output from standard output', async () => {
    const good = await run(`echo progress >&2; echo '{"n": 1}'`, { output: { schema } });
    expect(await executeRun(good.context)).toMatchObject({ status: 'done', output: { n: 1 } });
    for (const command of [`echo '{"n": "x"}'`, 'echo nothing', 'true']) {
      const { context } = await run(command, { output: { schema } });
      expect(await executeRun(context), command).toMatchObject({ status: 'failed', error: { code: 'output-invalid' } });
    }
  });

  it('refuses a schema it can’t check before it runs anything', async () => {
    const { context, root } = await run('touch ran', { output: { schema: { not: { type: 'string' } } } });
    expect(await executeRun(context)).toMatchObject({ status: 'failed', error: { code: 'output-invalid' } });
    await expect(readFile(join(root, 'ran'))).rejects.toThrow();
  });
});

async function api(options: SimulatedApiOptions): Promise<SimulatedApi> {
  const server = await createSimulatedApi(options);
  onTestFinished(() => server.close());
  return server;
}

/** An agent over the simulated API, with a key that only the model may see. */
async function agent(server: SimulatedApi, { context }: Prepared) {
  const environment = { PATH: process.env['PATH'], ...server.environment, OTHER_TOKEN: 'token-in-the-environment' };
  const { subtask } = context.assignment;
  const withModel = { ...subtask, model: { baseUrl: server.url, ...subtask.model } };
  const assignment = { ...context.assignment, subtask: withModel };
  return executePrompt({ ...context, assignment }, { models: createModelSource({ environment }), environment });
}

const prompt = (words: string, extra: Partial<Subtask> = {}) =>
  prepare({ executor: { kind: 'prompt', prompt: words }, ...extra });

describe('executePrompt', () => {
  it('keeps long results beside the transcript, and gives the instructions of a folder that is touched', async () => {
    const seen: string[] = [];
    const server = await api({
      script(request, { turn }) {
        seen.push(JSON.stringify(request.messages.at(-1)));
        if (turn > 0) return { content: [{ type: 'text', text: 'Done.' }] };
        return {
          content: [
            { type: 'tool_use', name: 'Bash', input: { command: 'seq 1 20000; echo token-in-the-environment' } },
            { type: 'tool_use', name: 'Read', input: { file_path: 'src/a.js' } },
          ],
        };
      },
    });
    const prepared = await prompt('Look', {
      workspace: 'none',
      permissions: { mode: 'acceptEdits', allow: ['Bash'], ask: [], deny: [] },
    });
    await mkdir(join(prepared.root, 'src'));
    await writeFile(join(prepared.root, 'src/a.js'), 'a\n');
    await writeFile(join(prepared.root, 'src/AGENTS.md'), 'Use tabs.');
    expect(await agent(server, prepared)).toMatchObject({ status: 'done' });
    const [, second = ''] = seen;
    expect(second).toContain('Instructions of the project for the folder src/:\\n\\nUse tabs.');
    const id = /result:(\w+)/.exec(second)?.[1] ?? '';
    const kept = await prepared.log(`results/${id}.txt`);
    expect(kept).toContain('\n10000\n');
    expect(kept).not.toContain('token-in-the-environment');
  });

  it('edits a file through the API, and writes a transcript and events', async () => {
    const server = await api({
      scenarios: [
        {
          match: 'Change the file',
          steps: [
            {
              reply: {
                content: [
                  { type: 'thinking', thinking: 'First look.' },
                  { type: 'tool_use', name: 'Read', input: { file_path: 'a.js' } },
                ],
              },
            },
            {
              reply: {
                content: [
                  { type: 'text', text: 'Now I change it.' },
                  {
                    type: 'tool_use',
                    name: 'Edit',
                    input: { file_path: 'a.js', old_string: 'var', new_string: 'const' },
                  },
                  { type: 'tool_use', name: 'Bash', input: { command: 'cat a.js; env' } },
                ],
              },
              fault: { kind: 'drop' },
            },
            { reply: { content: [{ type: 'text', text: 'Changed \u001b[31ma.js\u001b[0m.' }] } },
          ],
        },
      ],
    });
    const prepared = await prompt('Change the file', {
      permissions: { mode: 'acceptEdits', allow: ['Bash'], ask: [], deny: [] },
    });
    await writeFile(join(prepared.root, 'a.js'), 'var a; // token-in-the-environment\n');
    const result = await agent(server, prepared);
    expect(result).toMatchObject({ status: 'done', summary: 'Changed a.js.', denials: 0 });
    expect(result.usage.outputTokens).toBeGreaterThan(0);
    server.assertFinished();
    expect(await readFile(join(prepared.root, 'a.js'), 'utf8')).toBe('const a; // token-in-the-environment\n');

    const transcript = (await prepared.log('transcript.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(transcript.map(({ type, message }) => message?.role ?? type)).toEqual([
      'start',
      'user',
      'assistant',
      'call-end',
      'user',
      'assistant',
      ...['call-start', 'call-end'],
      ...['call-start', 'call-end'],
      'user',
      'assistant',
    ]);
    expect(transcript[2].message.content[0]).toMatchObject({ type: 'thinking', signature: expect.any(String) });
    const written = JSON.stringify(transcript);
    expect(written).toContain('[value of OTHER_TOKEN]');
    expect(written).not.toContain('token-in-the-environment');
    expect(written).not.toContain(server.environment['ANTHROPIC_API_KEY']);
    const output = await prepared.log('output.log');
    expect(output).toContain('FANFOLD_ITEM_NAME=apple');
    expect(output).not.toMatch(/ANTHROPIC|OTHER_TOKEN/);
    expect(prepared.events.filter(({ type }) => type === 'tool-end')).toMatchObject([
      { tool: 'Read', status: 'ok', subtask: 'part', attempt: 2, worker: 'worker-1' },
      { tool: 'Edit', status: 'ok' },
      { tool: 'Bash', status: 'ok' },
    ]);
    expect(prepared.events.filter(({ type }) => type === 'model-end')).toHaveLength(3);
    expect(prepared.events).toContainEqual(
      expect.objectContaining({ type: 'subtask-progress', activity: 'Now I change it.' }),
    );
  });

  it('hands in structured output, repaired once', async () => {
    const submit = (input: Record<string, unknown>) => ({
      reply: { content: [{ type: 'tool_use' as const, name: 'submit_result', input }] },
    });
    const server = await api({ scenarios: [{ match: 'Count', steps: [submit({ n: 'two' }), submit({ n: 2 })] }] });
    const result = await agent(server, await prompt('Count', { output: { schema } }));
    expect(result).toMatchObject({ status: 'done', output: { n: 2 } });
    server.assertFinished();
  });

  it('survives cut streams without running a writing call twice', async () => {
    const append = { type: 'tool_use' as const, name: 'Bash', input: { command: 'echo x >> count' } };
    const server = await api({
      scenarios: [
        {
          match: 'Append',
          steps: [
            { reply: { content: [append] }, fault: { kind: 'drop' } },
            { reply: { content: [{ type: 'text', text: 'Done.' }] } },
          ],
        },
      ],
    });
    const prepared = await prompt('Append', {
      permissions: { mode: 'bypassPermissions', allow: [], ask: [], deny: [] },
    });
    expect(await agent(server, prepared)).toMatchObject({ status: 'done' });
    expect(await readFile(join(prepared.root, 'count'), 'utf8')).toBe('x\n');
  });

  it('reads more from the cache on each turn, and siblings share what comes first', async () => {
    const server = await api({
      minimumCacheTokens: 100,
      script: (_request, { turn }) =>
        turn < 3
          ? { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: `*.${turn}` } }] }
          : { content: [{ type: 'text', text: 'Done.' }] },
    });
    const first = await agent(server, await prompt('One'));
    const second = await agent(server, await prompt('Two'));
    expect(first.status).toBe('done');
    expect(second.usage.cacheReadTokens).toBeGreaterThan(first.usage.cacheReadTokens);
    expect(second.usage.cacheWriteTokens).toBeLessThan(first.usage.cacheWriteTokens);
    const bodies = server.requests.map(({ body }) => body as { tools: unknown; system: unknown });
    expect(new Set(bodies.map(({ tools, system }) => JSON.stringify({ tools, system }))).size).toBe(1);
  });

  it('says what is missing when there are no credentials', async () => {
    const prepared = await prompt('Anything');
    const result = await executePrompt(prepared.context, {
      models: createModelSource({ environment: {} }),
      environment: {},
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'credentials-missing' } });
  });

  it('notes that the price of an unknown model is not known', async () => {
    const server = await api({ requireKey: false, script: () => ({ content: [{ type: 'text', text: 'Hi.' }] }) });
    const prepared = await prompt('Hello', { model: { name: 'llama' } });
    expect(await agent(server, prepared)).toMatchObject({ status: 'done', usage: { usd: 0 } });
    expect(prepared.events[0]).toMatchObject({ activity: expect.stringContaining('no price is known for llama') });
  });
});
