import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FanfoldEvent, PermissionRequested } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { SimulatedApi } from '../simulated-api/types.d.ts';
import { folderLeftovers } from '../support/leftovers.ts';
import { type FanfoldProcess, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryRepository } from '../support/temporary-repository.ts';

const taskFile = `version: 1
name: leave
defaults: { workspace: none, retries: 0 }
subtasks:
  - { id: maker, prompt: "Make both." }
`;

/** An agent that runs two commands, one after the other; `results` is what it is told of each. */
async function twoCommands(): Promise<{ api: SimulatedApi; results: string[]; repository: TestRepository }> {
  const results: string[] = [];
  const commands = ['touch first', 'touch second\necho red'];
  const api = await createSimulatedApi({
    script(_request, { turn, toolResults }) {
      results.push(...toolResults.map(({ text }) => text));
      const command = commands[turn];
      if (command === undefined) return { content: [{ type: 'text', text: 'Done.' }] };
      return { content: [{ type: 'tool_use', name: 'Bash', input: { command } }] };
    },
  });
  return { api, results, repository: temporaryRepository({ 'fanfold.yml': taskFile }) };
}

function requestsOf(run: FanfoldProcess): PermissionRequested[] {
  const whole = run.stdout().slice(0, run.stdout().lastIndexOf('\n') + 1);
  const lines = whole.split('\n').filter((line) => line !== '');
  return lines
    .map((line): FanfoldEvent => JSON.parse(line))
    .filter((event): event is PermissionRequested => event.type === 'permission-request');
}

const ends = (events: readonly FanfoldEvent[]) => events.filter(({ type }) => type === 'permission-end');

test('what an agent asks leave for is answered from another shell', async () => {
  const { api, results, repository } = await twoCommands();
  await using _ = api;
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--attended'], place);
  await until(() => requestsOf(run).length === 1, 'the first command waits');
  const [first] = requestsOf(run);
  expect(first).toMatchObject({ subtask: 'maker', attempt: 1, tool: 'Bash', summary: 'touch first' });
  expect(first?.reason).toContain('No rule allows it');
  const request = first?.request ?? '';

  const listed = await runFanfold(['permissions'], place);
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(listed.stdout).toContain(`${request}  maker  Bash: touch first\n`);
  expect(JSON.parse((await runFanfold(['permissions', '--json'], place)).stdout).permissions).toEqual([first]);
  expect(await runFanfold(['permissions', 'allow', 'zz'], place)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`Name one of: ${request}.`),
  });
  expect(existsSync(join(repository.folder, 'first'))).toBe(false);

  // The beginning of an id is enough.
  expect(await runFanfold(['permissions', 'allow', request.slice(0, 6)], place)).toMatchObject({
    exitCode: 0,
    stdout: `Allowed ${request}: Bash of maker.\n`,
  });
  await until(() => requestsOf(run).length === 2, 'the second command waits');
  const second = requestsOf(run)[1];
  // On one line, and without what could hide a part of it.
  expect(second?.summary).toBe('touch second \\n echo red');
  expect(await runFanfold(['permissions', 'deny', second?.request ?? '', '--json'], place)).toMatchObject({
    exitCode: 0,
  });

  const result = await run.ended;
  expect(api.problems()).toEqual([]);
  expect(results).toEqual([
    '(no output)',
    'Permission denied: No rule allows it. A person was asked and said no. Go on without it.',
  ]);
  expect(existsSync(join(repository.folder, 'first'))).toBe(true);
  expect(existsSync(join(repository.folder, 'second'))).toBe(false);
  expect(ends(result.events())).toMatchObject([
    { request, allowed: true, by: 'person' },
    { request: second?.request, allowed: false, by: 'person' },
  ]);
  // Somebody was there: nothing was denied for want of a person.
  expect(result.end()).toMatchObject({ exitCode: 0, denials: 0 });
  expect(await runFanfold(['permissions', 'allow', request], place)).toMatchObject({ exitCode: 2 });
  expect(folderLeftovers(repository.folder)).toEqual([]);
});

test('the agent of a worker beside the run asks and is answered as well', async () => {
  await using api = await createSimulatedApi({
    script(_request, { turn, firstUserText, toolResults }) {
      if (turn > 0) return { content: [{ type: 'text', text: `It said ${toolResults[0]?.text}` }] };
      const command = `echo ${/I am (\w+);/.exec(firstUserText)?.[1]}`;
      return { content: [{ type: 'tool_use', name: 'Bash', input: { command } }] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': taskFile.replace(
      / {2}- .*\n/,
      '  - { id: a, prompt: "I am a;" }\n  - { id: b, prompt: "I am b;" }\n',
    ),
  });
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--attended', '--concurrency', '1'], place);
  await until(() => requestsOf(run).length === 1, 'the own agent asks');
  const worker = startFanfold(['worker', '--concurrency', '1'], place);
  await until(() => requestsOf(run).length === 2, 'the other agent asks');
  expect(requestsOf(run).map((asked) => asked.worker)).toEqual(['worker-1', expect.stringMatching(/^outside-/)]);
  for (const { request } of requestsOf(run).reverse()) {
    expect(await runFanfold(['permissions', 'allow', request], place)).toMatchObject({ exitCode: 0 });
  }
  const result = await run.ended;
  expect(result.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  const summaries = result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.summary] : []));
  expect(summaries.sort()).toEqual(['It said a', 'It said b']);
  expect((await worker.ended).exitCode).toBe(0);
  expect(folderLeftovers(repository.folder)).toEqual([]);
});

test('who does not answer in time has said no', async () => {
  const { api, results, repository } = await twoCommands();
  await using _ = api;
  const run = await runFanfold(['run', 'fanfold.yml', '--attended', '--ask-timeout', '300ms'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(results).toEqual(
    Array(2).fill('Permission denied: No rule allows it. A person was asked and did not answer. Go on without it.'),
  );
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('maker asks for leave to use Bash: touch first\n');
  expect(run.stdout).toMatch(/Answer: fanfold permissions allow [0-9a-f]{8}, or deny\n/);
  expect(run.stdout).toMatch(/maker may not: [0-9a-f]{8} was denied: nobody answered in time\n/);
  expect(run.stdout).toContain('2 permission requests were denied');
});

test('where nobody is there the answer is no, at once and without being asked', async () => {
  const { api, results, repository } = await twoCommands();
  await using _ = api;
  const place = { folder: repository.folder, environment: api.environment };
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  expect(results).toEqual(
    Array(2).fill('Permission denied: No rule allows it. Nobody is there to be asked. Go on without it.'),
  );
  expect(run.end()).toMatchObject({ exitCode: 0, denials: 2 });
  expect(run.events().filter(({ type }) => type.startsWith('permission-'))).toEqual([]);
  expect(await runFanfold(['run', 'fanfold.yml', '--ask-timeout', 'soon'], place)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--ask-timeout takes a duration'),
  });
});

test('an agent that waits for leave ends with its run', async () => {
  const { api, results, repository } = await twoCommands();
  await using _ = api;
  const place = { folder: repository.folder, environment: api.environment };
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--attended'], place);
  await until(() => requestsOf(run).length === 1, 'the command waits');
  expect(await runFanfold(['cancel'], place)).toMatchObject({ exitCode: 0 });
  expect((await run.ended).end()).toMatchObject({ status: 'cancelled', exitCode: 130 });
  expect(results).toEqual([]);
  expect(folderLeftovers(repository.folder)).toEqual([]);
});
