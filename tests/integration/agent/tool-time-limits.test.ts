import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandEnvironment } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { runAgent } from '../../../worker/agent/run-agent.ts';
import { createTools } from '../../../worker/agent/tools/create-tools.ts';
import { executeWithin } from '../../../worker/agent/tools/execute-within.ts';
import { createTool, succeeded, type ToolResult, toolDefinition } from '../../../worker/agent/tools/tool.ts';
import { noTranscript } from '../../../worker/agent/transcript.ts';
import { makePipe } from '../../support/make-pipe.ts';
import { call, scriptedModel } from './scripted-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

let root: string;

beforeEach(async () => {
  root = await temporaryFolder();
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/a.js'), 'const needle = 1;\n');
  makePipe(join(root, 'pipe'), join(root, 'src/pipe'));
});

function use(name: string, input: Record<string, unknown>, signal = new AbortController().signal): Promise<ToolResult> {
  const tool = createTools({ root, environment: commandEnvironment(process.env) }).find(
    ({ definition }) => definition.name === name,
  );
  const prepared = tool?.prepare(input);
  if (prepared?.ok !== true) throw new Error(`the call of ${name} is invalid`);
  return executeWithin(prepared.execute, signal);
}

describe('a pipe that nobody writes to', () => {
  it.each<[string, Record<string, unknown>]>([
    ['Read', { file_path: 'pipe' }],
    ['Write', { file_path: 'pipe', content: 'x' }],
    ['Edit', { file_path: 'pipe', old_string: 'a', new_string: 'b' }],
    ['Grep', { pattern: 'needle', path: 'pipe' }],
  ])('does not hang %s', async (name, input) => {
    const startedAt = performance.now();
    const { isError, content } = await use(name, input);
    expect(isError).toBe(true);
    expect(content).toMatch(/not a regular file|neither a file nor a folder|could not be opened/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('is passed over by a search around it', async () => {
    const found = await use('Grep', { pattern: 'needle' });
    expect(found).toEqual({ isError: false, content: 'src/a.js' });
    expect((await use('Glob', { pattern: '**/*' })).content).toContain('src/a.js');
  });

  it('in place of an ignore file hangs a search only until it is cancelled', async () => {
    makePipe(join(root, '.ignore'));
    const startedAt = performance.now();
    const { isError } = await use('Grep', { pattern: 'needle' }, AbortSignal.timeout(300));
    expect(isError).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

it('a file of any size is refused before it is read', async () => {
  const file = await open(join(root, 'sparse'), 'w');
  await file.truncate(1_000_000_000_000);
  await file.close();
  expect(await use('Read', { file_path: 'sparse' })).toMatchObject({
    isError: true,
    content: expect.stringContaining('too large'),
  });
});

it('a command that ignores SIGTERM and leaves a daemon on its output ends with its call', async () => {
  const command = "trap '' TERM; setsid sleep 30 & sleep 30; sleep 30";
  const startedAt = performance.now();
  const timedOut = await use('Bash', { command, timeout: 200 });
  expect(timedOut).toMatchObject({ isError: true, content: expect.stringContaining('time limit of 200 ms') });
  const cancelled = await use('Bash', { command }, AbortSignal.timeout(200));
  expect(cancelled).toMatchObject({ isError: true });
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

describe('a tool that does not obey its signal', () => {
  const hang = (): Promise<ToolResult> => new Promise(() => {});

  it('is given up after its limit, and the model is told', async () => {
    const { signal } = new AbortController();
    const stopped: boolean[] = [];
    const result = await executeWithin(
      (given) => {
        given.addEventListener('abort', () => stopped.push(true));
        return hang();
      },
      signal,
      { limitMs: 50, graceMs: 50 },
    );
    expect(result).toEqual({ isError: true, content: 'The tool did not end within 0.05 s.' });
    expect(stopped).toEqual([true]);
  });

  it('is waited for when it does obey', async () => {
    const result = await executeWithin(
      (given) => new Promise((resolve) => given.addEventListener('abort', () => resolve(succeeded('half a result')))),
      AbortSignal.timeout(20),
      { limitMs: 10_000, graceMs: 10_000 },
    );
    expect(result).toEqual(succeeded('half a result'));
  });

  it('does not hold up an agent that is cancelled', async () => {
    const schema = z.strictObject({});
    const stuck = createTool(toolDefinition('Stuck', 'Hangs.', schema), schema, false, () => ({
      ok: true,
      summary: 'hangs',
      request: { tool: 'Stuck', effect: 'read' },
      execute: hang,
    }));
    const reason = new FanfoldError({ code: 'timeout', message: 'Late.', next: 'None.', failure: 'timeout' });
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    const result = await runAgent({
      model: scriptedModel([{ content: [call('Stuck', {})] }]),
      tools: [stuck],
      permissions: { policy: { mode: 'bypassPermissions', allow: [], ask: [], deny: [] } },
      prompt: { system: 'system', run: 'run', task: 'task' },
      signal: controller.signal,
      report: () => {},
      transcript: noTranscript,
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  });
});
