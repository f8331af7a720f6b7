import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MessagesRequest, RequestContext } from '../simulated-api/server.js';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const reviewer = `---
name: reviewer
description: Looks for mistakes
tools: Read, Grep, Glob
model: inherit
---
You are the reviewer of this team.
`;

function taskFile(settings: string, prompt = 'work=survey;'): string {
  return `version: 1
name: helped
subtasks:
  - { id: survey, prompt: "${prompt}", workspace: none, permissions: { mode: plan }, ${settings} }
`;
}

function text(words: string) {
  return { content: [{ type: 'text' as const, text: words }] };
}

function agentCall(prompt: string, rest: Record<string, unknown> = {}) {
  return { type: 'tool_use' as const, name: 'Agent', input: { description: prompt.slice(0, 20), prompt, ...rest } };
}

/** `work=<name>;` in what an agent was told. */
function workOf({ firstUserText }: RequestContext): string {
  return /work=([\w-]+);/.exec(firstUserText)?.[1] ?? '';
}

function helpersOf(runFolder: string, subtask = 'survey', attempt = 1): string[] {
  const folder = join(runFolder, 'subtasks', subtask, String(attempt), 'helpers');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function runOf({ folder }: TestRepository): string {
  const [run = ''] = readdirSync(join(folder, '.fanfold/runs'));
  return run;
}

test('three helpers at once give back their last words, and what they used counts', async () => {
  let open = 0;
  let most = 0;
  await using api = await createSimulatedApi({
    async script(_request, context) {
      const work = workOf(context);
      if (work !== 'survey') {
        open += 1;
        most = Math.max(most, open);
        for (const deadline = Date.now() + 20_000; most < 3 && Date.now() < deadline; )
          await new Promise((resolve) => setTimeout(resolve, 20));
        open -= 1;
        return text(`I am ${work}.`);
      }
      if (context.turn === 0) return { content: ['one', 'two', 'three'].map((name) => agentCall(`work=${name};`)) };
      return text(`They said: ${context.toolResults.map((result) => result.text).join(' ')}`);
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': taskFile('helpers: { depth: 1, count: 3 }') });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.stderr).toBe('');
  api.assertFinished();
  expect(most).toBe(3);
  const end = run.end();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  const attempt = run.events().find((event) => event.type === 'attempt-end');
  expect(attempt).toMatchObject({ summary: 'They said: I am one. I am two. I am three.' });
  expect(api.requests).toHaveLength(5);
  const answered = api.requests.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0);
  expect(end.usage.outputTokens).toBe(answered);
  expect(helpersOf(end.folder)).toEqual(['1', '2', '3']);
  expect(leftovers(repository)).toEqual([]);
});

test('a helper has a helper of its own, no deeper; what is too deep or too much is said to the model', async () => {
  const told: Record<string, string[]> = {};
  await using api = await createSimulatedApi({
    script(_request, context) {
      const work = workOf(context);
      told[work] = [...(told[work] ?? []), ...context.toolResults.map((result) => result.text)];
      if (context.turn > 0) return text(`${work} is done`);
      if (work === 'survey') return { content: [agentCall('work=outer;')] };
      if (work === 'outer') return { content: [agentCall('work=inner;'), agentCall('work=spare;')] };
      if (work === 'inner') return { content: [agentCall('work=deepest;')] };
      throw new Error(`nobody should be asked for ${work}`);
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': taskFile('helpers: { depth: 2, count: 2 }') });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(told['survey']).toEqual(['outer is done']);
  expect(told['outer']).toEqual(['inner is done', expect.stringContaining('There were 2 helpers already')]);
  expect(told['inner']).toEqual([expect.stringContaining("Helpers can't go deeper than 2 here")]);
  // Depth is shown with the helper's number among all of the attempt.
  const activities = run.events().flatMap((event) => (event.type === 'subtask-progress' ? [event.activity] : []));
  expect(activities).toContain('helper 1: Agent work=inner;');
});

test('helpers that write work one after another, in the write-set and with the rights of the agent that asks', async () => {
  let open = 0;
  let most = 0;
  const told: string[] = [];
  await using api = await createSimulatedApi({
    async script(_request, context) {
      const work = workOf(context);
      if (work === 'survey') {
        if (context.turn === 0) return { content: [agentCall('work=one;'), agentCall('work=two;')] };
        return text('Done.');
      }
      if (context.turn === 0) {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 200));
        const content = `${work}\n`;
        return {
          content: [
            { type: 'tool_use', name: 'Write', input: { file_path: `${work}.txt`, content } },
            { type: 'tool_use', name: 'Write', input: { file_path: 'other.txt', content } },
            { type: 'tool_use', name: 'Bash', input: { command: 'touch made-by-bash' } },
          ],
        };
      }
      told.push(...context.toolResults.map((result) => result.text));
      open -= 1;
      return text(`Wrote ${work}.txt`);
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: helped
defaults: { helpers: {} }
subtasks:
  - { id: survey, prompt: "work=survey;", writes: [one.txt, two.txt] }
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(most).toBe(1);
  expect(repository.git('diff', '--name-only', 'main', 'fanfold/helped').split('\n')).toEqual(['one.txt', 'two.txt']);
  expect(told.filter((words) => words.includes('write-set-violation'))).toHaveLength(2);
  expect(told.filter((words) => words.startsWith('Permission denied'))).toHaveLength(2);
  expect(leftovers(repository)).toEqual([]);
});

test('a definition that the repository ships narrows what its agent and helpers may do, and never widens it', async () => {
  const requests: { work: string; tools: string[]; run: string; model: string }[] = [];
  const told: string[] = [];
  await using api = await createSimulatedApi({
    script(request: MessagesRequest, context) {
      const work = workOf(context);
      if (context.turn === 0) {
        const system = request.system as { text: string }[];
        const tools = (request.tools ?? []).map(({ name }) => name);
        requests.push({ work, tools, run: system[1]?.text ?? '', model: request.model });
      }
      told.push(...context.toolResults.map((result) => result.text));
      if (context.turn > 0) return text('Done.');
      if (work === 'survey')
        return {
          content: [agentCall('work=bold;', { subagent_type: 'bold' }), agentCall('x', { subagent_type: 'bald' })],
        };
      if (work === 'bold') return { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'touch made' } }] };
      throw new Error(`nobody should be asked for ${work}`);
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: helped
subtasks:
  - { id: survey, agent: reviewer, prompt: "work=survey;", workspace: none, helpers: {} }
`,
    '.claude/agents/reviewer.md': reviewer.replace('Read, Grep, Glob', 'Read, Grep, Glob, Bash, Agent'),
    '.claude/agents/bold.md': `---
name: bold
description: Does as it likes
permissionMode: bypassPermissions
permissions: { mode: bypassPermissions, allow: [Bash] }
model: haiku
---
You are bold.
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0 });
  expect(requests.map(({ work, tools }) => ({ work, tools }))).toEqual([
    { work: 'survey', tools: ['Read', 'Glob', 'Grep', 'Bash', 'Agent'] },
    { work: 'bold', tools: ['Read', 'Glob', 'Grep', 'Bash', 'Agent'] },
  ]);
  expect(requests[0]?.run).toContain('You are the reviewer of this team.');
  expect(requests[0]?.run).toContain('- bold: Does as it likes');
  expect(requests[1]?.run).toContain('You are bold.');
  expect(requests[1]?.run).not.toContain('You are the reviewer');
  expect(requests[1]?.model).toBe('claude-haiku-5-5');
  expect(told).toContainEqual(expect.stringContaining('Permission denied: No rule allows it.'));
  expect(told).toContainEqual(expect.stringContaining('There is no kind of helper bald; there are bold, reviewer'));
  expect(existsSync(join(repository.folder, 'made'))).toBe(false);
});

test('killed and resumed, an agent does not pay again for a helper that has ended, and the other goes on', async () => {
  const asked: string[] = [];
  const outside = temporaryFolder();
  await using api = await createSimulatedApi({
    async script(_request, context) {
      const work = workOf(context);
      asked.push(`${work} ${context.turn}`);
      if (work === 'slow' && context.turn === 1)
        for (const deadline = Date.now() + 30_000; !existsSync(join(outside, 'go')) && Date.now() < deadline; )
          await new Promise((resolve) => setTimeout(resolve, 20));
      if (work === 'survey' && context.turn === 0)
        return { content: [agentCall('work=quick;'), agentCall('work=slow;')] };
      if (work === 'slow' && context.turn === 0)
        return { content: [{ type: 'tool_use', name: 'Read', input: { file_path: 'fanfold.yml' } }] };
      if (work === 'survey') return text(context.toolResults.map((result) => result.text).join(' and '));
      return text(`${work} is done`);
    },
  });
  const repository = temporaryRepository({ 'fanfold.yml': taskFile('helpers: {}') });
  const { environment } = api;
  const first = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder, environment });
  const runFolder = () => join(repository.folder, '.fanfold/runs', runOf(repository));
  const answer = () => join(runFolder(), 'subtasks/survey/1/helpers/1/answer.json');
  await until(() => asked.includes('slow 1') && existsSync(answer()), 'one helper has ended, the other is at work');
  first.child.kill('SIGKILL');
  await first.ended;
  writeFileSync(join(outside, 'go'), '');
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder, environment });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  const attempt = resumed.events().find((event) => event.type === 'attempt-end');
  expect(attempt).toMatchObject({ attempt: 1, summary: 'quick is done and slow is done' });
  expect(asked.filter((request) => request.startsWith('quick'))).toEqual(['quick 0']);
  expect(asked.filter((request) => request === 'slow 0')).toHaveLength(1);
  expect(asked.filter((request) => request === 'survey 0')).toHaveLength(1);
  // What the helper has used that had ended before counts all the same.
  const { usage } = JSON.parse(readFileSync(answer(), 'utf8'));
  expect(usage.outputTokens).toBeGreaterThan(0);
  expect(resumed.end().usage.outputTokens).toBeGreaterThan(usage.outputTokens);
  expect(leftovers(repository)).toEqual([]);
});

test('cancelled with its run, an agent leaves no helper and no command of one at work', async () => {
  await using api = await createSimulatedApi({
    script(_request, context) {
      if (context.turn > 0) return text('Done.');
      if (workOf(context) === 'survey') return { content: [agentCall('work=one;')] };
      return { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'touch started; sleep 600' } }] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: helped
subtasks:
  - { id: survey, prompt: "work=survey;", workspace: none, helpers: {}, permissions: { allow: [Bash] } }
`,
  });
  const { environment } = api;
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder, environment });
  await until(() => existsSync(join(repository.folder, 'started')), "the helper's command is at work");
  const began = Date.now();
  const cancelled = await runFanfold(['cancel', runOf(repository)], { folder: repository.folder });
  expect(cancelled.exitCode).toBe(0);
  const ended = await run.ended;
  expect(ended.end()).toMatchObject({ status: 'cancelled' });
  expect(Date.now() - began).toBeLessThan(30_000);
  expect(leftovers(repository)).toEqual([]);
  const answer = join(repository.folder, '.fanfold/runs', runOf(repository), 'subtasks/survey/1/helpers/1/answer.json');
  expect(JSON.parse(readFileSync(answer, 'utf8'))).toMatchObject({ status: 'cancelled' });
});

test('helpers are recorded and replayed, each as itself, with the model that its definition names', async () => {
  await using api = await createSimulatedApi({
    script(_request, context) {
      const work = workOf(context);
      if (work === 'same') return text(`Seen with ${context.firstUserText.includes('reviewer') ? 'care' : 'haste'}.`);
      if (context.turn > 0) return text(context.toolResults.map((result) => result.text).join(' '));
      return { content: [agentCall('work=same;'), agentCall('work=same;', { subagent_type: 'reviewer' })] };
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': taskFile('helpers: {}'),
    '.claude/agents/reviewer.md': reviewer.replace('inherit', 'haiku'),
  });
  const { folder } = repository;
  const record = ['run', 'fanfold.yml', '--json', '--record', join(temporaryFolder(), 'r.jsonl')];
  const recorded = await runFanfold(record, { folder, environment: api.environment });
  expect(recorded.end()).toMatchObject({ exitCode: 0 });
  expect(recorded.stderr).toBe('');
  const helped = readFileSync(record.at(-1) ?? '', 'utf8').match(/"helper":"[0-9a-f]{16}"/g) ?? [];
  expect(new Set(helped).size).toBe(2);
  const replay = ['run', 'fanfold.yml', '--json', '--force', '--model', `replay:${record.at(-1)}`];
  const again = await runFanfold(replay, { folder });
  expect(again.stderr).toBe('');
  expect(again.end()).toMatchObject({
    exitCode: 0,
    usage: { outputTokens: recorded.end().usage.outputTokens, usd: 0 },
  });
  expect(again.events().filter((event) => event.type === 'notice')).toEqual([]);
  const models = again.events().flatMap((event) => (event.type === 'model-end' && event.helper ? [event.model] : []));
  expect(models.sort()).toEqual(['replay:claude-haiku-5-5', 'replay:claude-sonnet-5-5']);
});

test('killed while a helper writes, the agent and its helper go on with the files that there were', async () => {
  const asked: string[] = [];
  const outside = temporaryFolder();
  await using api = await createSimulatedApi({
    async script(_request, context) {
      const work = workOf(context);
      asked.push(`${work} ${context.turn}`);
      if (work === 'survey' && context.turn === 0) return { content: [agentCall('work=writer;')] };
      if (work === 'survey') return text(context.toolResults[0]?.text ?? '');
      const input = { file_path: `${context.turn + 1}.txt`, content: 'written\n' };
      if (context.turn === 1)
        for (const deadline = Date.now() + 30_000; !existsSync(join(outside, 'go')) && Date.now() < deadline; )
          await new Promise((resolve) => setTimeout(resolve, 20));
      return context.turn < 2 ? { content: [{ type: 'tool_use', name: 'Write', input }] } : text('Both are written.');
    },
  });
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: helped
subtasks:
  - { id: survey, prompt: "work=survey;", helpers: {} }
`,
  });
  const { environment } = api;
  const first = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder, environment });
  await until(() => asked.includes('writer 1'), 'the helper has written one file');
  first.child.kill('SIGKILL');
  await first.ended;
  writeFileSync(join(outside, 'go'), '');
  const resumed = await runFanfold(['resume', '--json'], { folder: repository.folder, environment });
  expect(resumed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(resumed.events().find((event) => event.type === 'attempt-end')).toMatchObject({
    summary: 'Both are written.',
  });
  expect(asked.filter((request) => request === 'writer 0')).toHaveLength(1);
  expect(repository.git('diff', '--name-only', 'main', 'fanfold/helped').split('\n')).toEqual(['1.txt', '2.txt']);
  expect(leftovers(repository)).toEqual([]);

  const logs = await runFanfold(['logs', runOf(repository), 'survey'], { folder: repository.folder });
  const headings = logs.stdout.split('\n').filter((line) => line.startsWith('== '));
  expect(headings.map((line) => line.replace(/^.*\/survey\//, ''))).toEqual([
    '1/transcript.jsonl',
    '1/helpers/1/request.json',
    '1/helpers/1/transcript.jsonl',
    '1/helpers/1/answer.json',
  ]);
});

test('helpers of a worker process that was killed go on in another, and pay for no turn twice', async () => {
  const asked: string[] = [];
  let goOn = false;
  let joined = false;
  const until20s = async (isSo: () => boolean) => {
    for (const deadline = Date.now() + 20_000; !isSo() && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await using api = await createSimulatedApi({
    async script(_request, context) {
      const work = workOf(context);
      asked.push(`${work} ${context.turn}`);
      const [, who = ''] = /^survey-(\w)$/.exec(work) ?? [];
      if (who !== '') {
        await until20s(() => joined);
        if (context.turn > 0) return text(context.toolResults.map((result) => result.text).join(' '));
        return { content: Array.from({ length: 8 }, (_, number) => agentCall(`work=${who}${number};`)) };
      }
      if (context.turn === 0) return { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: '*' } }] };
      await until20s(() => goOn);
      return text(work);
    },
  });
  // One thread has places for 8 helpers: the other 8 are for the process beside it.
  const subtask = (id: string) =>
    `  - { id: ${id}, prompt: "work=survey-${id};", workspace: none, permissions: { mode: plan }, helpers: {} }\n`;
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1\nname: helped\nsubtasks:\n${subtask('a')}${subtask('b')}`,
  });
  const options = { folder: repository.folder, environment: api.environment };
  const sizes = ['--threads', '1', '--concurrency', '2', '--lease', '3'];
  const run = startFanfold(['run', 'fanfold.yml', '--json', ...sizes], options);
  await until(() => asked.includes('survey-a 0') && asked.includes('survey-b 0'), 'both agents are at work');
  const worker = startFanfold(['worker'], options);
  await until(() => run.stdout().includes(' joined: '), 'the worker has joined');
  joined = true;
  await until(() => asked.filter((request) => /^[ab]\d 1$/.test(request)).length === 16, 'all helpers are at work');
  worker.child.kill('SIGKILL');
  await worker.ended;
  await until(() => run.stdout().includes(' died; its subtasks'), 'the loss is noticed');
  goOn = true;
  const ended = await run.ended;
  expect(ended.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  const said = ended.events().flatMap((event) => (event.type === 'attempt-end' ? [event.summary] : []));
  expect(said.sort()).toEqual(['a0 a1 a2 a3 a4 a5 a6 a7', 'b0 b1 b2 b3 b4 b5 b6 b7']);
  expect(asked.filter((request) => /^[ab]\d 0$/.test(request))).toHaveLength(16);
  expect(asked.filter((request) => /^[ab]\d 1$/.test(request)).length).toBeGreaterThan(16);
});
