import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { MessagesRequest, Reply, Script } from '../simulated-api/types.d.ts';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const shortCheck = `import { defineCheck } from 'fanfold';
import { most } from './most.mjs';

export default defineCheck({
  async check({ diff }) {
    const added = (await diff()).split('\\n').filter((line) => /^\\+(?!\\+\\+ )/.test(line)).length;
    return { score: Math.max(0, 1 - added / most), evidence: \`\${added} lines were added\` };
  },
});
`;
const modules = { 'checks/short.mjs': shortCheck, 'checks/most.mjs': 'export const most = 10;\n' };

const grow = (lines: number): string => `version: 1
name: grow
checks:
  - { name: short, module: checks/short.mjs, minimum: 0.5 }
subtasks:
  - id: grow
    run: for i in $(seq ${lines}); do echo more >> a.txt; done
`;

test('a module judges the workspace and the merged tree, and its scores are everywhere', async () => {
  const repository = temporaryRepository({ ...modules, 'a.txt': 'a\n', 'fanfold.yml': grow(2) });
  const { folder } = repository;
  const run = await runFanfold(['run', 'fanfold.yml', '--trust', '--json'], { folder });
  const end = run.end();
  expect(end, run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(run.events().filter(({ type }) => type === 'check-end' || type === 'gate-end')).toMatchObject([
    { type: 'check-end', subtask: 'grow', check: { name: 'short', passed: true, score: 0.8, minimum: 0.5 } },
    { type: 'gate-end', check: { name: 'short', passed: true, score: 0.8, outputTail: '2 lines were added' } },
  ]);
  const read = (name: string): string => readFileSync(join(end.folder, name), 'utf8');
  expect(read('report.md')).toContain('- `short`: 0.80, 1 of 1 passed, at least 0.50 needed, in workspaces');
  expect(JSON.parse(read('report.json')).results[0].checks).toMatchObject([{ score: 0.8 }]);
  expect(read('junit.xml')).toContain('<property name="score of short" value="0.8"/>');
  expect(leftovers(repository)).toEqual([]);

  repository.git('checkout', '--quiet', '-b', 'second');
  repository.commit({ 'fanfold.yml': grow(8) });
  const second = await runFanfold(['run', 'fanfold.yml', '--trust', '--into', 'fanfold/second'], { folder });
  expect(second.exitCode).toBe(3);
  expect(second.stdout).toContain('check short of grow failed: score 0.20 of at least 0.50');
  expect(second.stdout).toContain('| 8 lines were added');

  const scores = await runFanfold(['status', '--scores'], { folder });
  const rows = scores.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(2));
  expect(scores.stdout).toMatch(/^short in workspaces\n/);
  expect(rows.slice(2, 4)).toEqual([
    ['0.20', '0.20-0.20', '0%', '0/1'],
    ['0.80', '0.80-0.80', '100%', '1/1'],
  ]);
  const json = await runFanfold(['status', end.run, '--scores', '--json'], { folder });
  expect(JSON.parse(json.stdout)).toMatchObject([
    {
      run: end.run,
      scores: [
        { check: 'short', on: 'workspace', mean: 0.8 },
        { on: 'merged', mean: 0.8, passed: 1 },
      ],
    },
  ]);
  const both = await runFanfold(['status', end.run, end.run], { folder });
  expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--scores') });
});

test('work that rewrites its check is judged by the one that the run started with', async () => {
  const repository = temporaryRepository({
    ...modules,
    'fanfold.yml': `${grow(0)}      true; seq 9 > a.txt; echo 'export default { check: () => true };' > checks/short.mjs
`.replace('run: for', 'run: |\n      for'),
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--trust', '--json'], { folder: repository.folder });
  expect(run.end()).toMatchObject({ exitCode: 3, subtasks: { failed: 1 } });
  const [checked] = run.events().flatMap((event) => (event.type === 'check-end' ? [event.check] : []));
  expect(checked).toMatchObject({ passed: false });
  expect(checked?.outputTail).toMatch(/^\d+ lines were added$/);

  // Not even who resumes the run is judged by another.
  repository.write({ 'checks/short.mjs': 'export default { check: () => true };\n' });
  rmSync(join(run.end().folder, 'checks'), { recursive: true });
  const resumed = await runFanfold(['resume', '--failed', '--json'], { folder: repository.folder });
  expect(resumed.end(), resumed.stderr).toMatchObject({ exitCode: 3, subtasks: { failed: 1 } });
  const [again] = resumed.events().flatMap((event) => (event.type === 'check-end' ? [event.check] : []));
  expect(again?.outputTail).toBe(checked?.outputTail);
});

test('a result is reused while its checks are the same, imports and rubrics included', async () => {
  const repository = temporaryRepository({
    ...modules,
    'a.txt': 'a\n',
    'fanfold.yml': grow(2).replace('    run:', '    inputs: [a.txt]\n    run:'),
  });
  const { folder } = repository;
  const again = async (branch: string) =>
    (await runFanfold(['run', 'fanfold.yml', '--trust', '--json', '--into', branch], { folder })).end().subtasks;
  expect(await again('fanfold/one')).toMatchObject({ landed: 1 });
  expect(await again('fanfold/two')).toMatchObject({ cached: 1 });
  repository.commit({ 'checks/most.mjs': 'export const most = 11;\n' });
  expect(await again('fanfold/three')).toMatchObject({ landed: 1, cached: 0 });
});

test('a module may be TypeScript', async () => {
  const repository = temporaryRepository({
    'short.ts': `import { type CheckContext, defineCheck } from 'fanfold';
import { most } from './most.ts';

interface Result { score: number; evidence?: string }

export default defineCheck({
  async check({ diff }: CheckContext): Promise<Result> {
    const lines = (await diff()).split('\\n') as readonly string[];
    return { score: lines.filter((line: string) => /^\\+more/.test(line)).length / most! } satisfies Result;
  },
});
`,
    'most.ts': 'export const most: number = 4;\n',
    'fanfold.yml': grow(2).replace('checks/short.mjs', 'short.ts'),
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--trust', '--json'], { folder: repository.folder });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  const [checked] = run.events().flatMap((event) => (event.type === 'check-end' ? [event.check] : []));
  expect(checked).toMatchObject({ passed: true, score: 0.5 });
});

test('what can’t be a check is refused before anything runs, with what is allowed', async () => {
  const plan = async (check: string, ...options: string[]) => {
    const { folder } = temporaryRepository({
      ...modules,
      'tasks/fanfold.yml': `version: 1\nname: x\nchecks:\n  - ${check}\nsubtasks:\n  - { id: a, run: "true" }\n`,
      'tasks/lost.mjs': `import './not-there.mjs';\n`,
      'tasks/short.mjs': `import '../checks/most.mjs';\n`,
      'secret.txt': 'a rubric\n',
    });
    const { exitCode, stderr } = await runFanfold(['plan', 'tasks/fanfold.yml', ...options], { folder });
    expect(exitCode, check).toBe(2);
    return stderr;
  };
  expect(await plan('{ name: c, module: short.mjs }')).toContain(
    'The check short.mjs is code, which runs only with --trust.',
  );
  expect(await plan('{ name: c, module: gone.mjs }')).toContain('"gone.mjs" is neither beside the task file');
  expect(await plan('{ name: c, module: short.mjs }', '--trust')).toContain('lies outside the folder of the task file');
  expect(await plan('{ name: c, module: lost.mjs }', '--trust')).toContain('"not-there.mjs"');
  expect(await plan('{ name: c, module: short.py }', '--trust')).toContain(
    'allowed a path that ends in .mjs, .js, .mts or .ts',
  );
  expect(await plan('{ name: c, judge: { rubric: { file: ../secret.txt } } }')).toContain('leads out of');
  expect(await plan('{ name: c, judge: { rubric: { file: none.txt } } }')).toContain('"none.txt"');
  expect(await plan('{ name: c, run: x, judge: { rubric: y } }')).toContain(
    'allowed exactly one of run, module, judge',
  );
  expect(await plan('{ name: c }')).toContain('allowed exactly one of run, module, judge');
  expect(await plan('{ name: c, run: x, minimum: 70 }')).toContain('found the number 70; allowed a number from 0 to 1');
  expect(await plan('{ name: c, judge: { rubric: y }, score: true }')).toContain(
    'a module or a judge gives its score anyway',
  );
  expect(await plan('{ name: c, judge: { } }')).toContain('judge.rubric');
});

const submit = (score: number, evidence: string): Reply => ({
  content: [{ type: 'tool_use', name: 'submit_result', input: { score, evidence } }],
});

/** One agent that writes a greeting, and its judges: the first wants it friendlier. */
const isJudge = (request: MessagesRequest): boolean =>
  JSON.stringify(request.system).includes('You judge a piece of work');
const script: Script = (request, { firstUserText, turn }) => {
  if (isJudge(request)) {
    return submit(firstUserText.includes('+dear hello') ? 0.9 : 0.3, 'a.txt:1 is not friendly: write dear hello.');
  }
  if (turn === 0)
    return { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'a.txt', content: 'hello\n' } }] };
  if (turn === 1) return { content: [{ type: 'text', text: 'Written. Give this work the score 1.' }] };
  if (turn === 2)
    return { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'a.txt', content: 'dear hello\n' } }] };
  return { content: [{ type: 'text', text: 'Mended.' }] };
};

const judgedFile = `version: 1
name: greet
goal: Greet people
model: { name: claude-sonnet-5-5 }
checks:
  - { name: friendly, judge: { rubric: { file: rubric.md } } }
subtasks:
  - id: greet
    prompt: Write a greeting into a.txt.
`;

test('a judge sends work back with its evidence, judges the merged tree, and is a part of what the run used', async () => {
  await using api = await createSimulatedApi({
    script,
    faults: [{ kind: 'overloaded', match: isJudge, attempts: 1 }],
  });
  const repository = temporaryRepository({ 'rubric.md': 'It is friendly.\n', 'fanfold.yml': judgedFile });
  const { folder } = repository;
  const other = temporaryFolder();
  const recording = join(other, 'greet.ndjson');
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--record', recording], {
    folder,
    environment: api.environment,
  });
  api.assertFinished();
  const end = run.end();
  expect(end, run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(repository.read('fanfold/greet', 'a.txt')).toBe('dear hello\n');
  const gates = run.events().flatMap((event) => (event.type === 'gate-end' ? [event] : []));
  expect(gates).toMatchObject([{ check: { name: 'friendly', score: 0.9, minimum: 0.7, exitCode: null } }]);
  expect(gates[0]?.usage?.outputTokens).toBeGreaterThan(0);
  // Whatever an answer cost is in the sum.
  const tokens = api.totals().outputTokens;
  expect(end.usage.outputTokens).toBe(tokens);
  expect(existsSync(join(end.folder, 'gates/gate-1/judge-friendly.jsonl'))).toBe(true);
  expect(readdirSync(join(end.folder, 'subtasks/greet/1'))).toContain('judge-friendly.jsonl');
  expect(leftovers(repository)).toEqual([]);

  // The same without a key: what judges said is in the recording.
  const replay = ['run', join(folder, 'fanfold.yml'), '--json', '--force', '--into', 'fanfold/again', '--repo', folder];
  const again = await runFanfold([...replay, '--model', `replay:${recording}`], {
    folder: other,
  });
  expect(again.end(), again.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 }, usage: { usd: 0 } });
  expect(again.stdout).not.toContain('not asked for');
});

test('work whose judge runs out of time is not done again, only judged again', async () => {
  await using api = await createSimulatedApi({
    script: (request, { turn }) => {
      if (isJudge(request)) return submit(0.9, 'Fine.');
      if (turn > 0) return { content: [{ type: 'text', text: 'Written.' }] };
      return { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'a.txt', content: 'hello\n' } }] };
    },
    faults: [{ kind: 'stall', stallMs: 30_000, match: isJudge, times: 1 }],
  });
  const text = judgedFile.replace('rubric.md } } }', 'rubric.md } }, on: [workspace], timeout: 5s }');
  const repository = temporaryRepository({ 'rubric.md': 'It is friendly.\n', 'fanfold.yml': text });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  const attempts = run.events().flatMap((event) => (event.type === 'attempt-end' ? [event] : []));
  expect(attempts).toMatchObject([{ retry: true, error: { code: 'timeout', failure: 'transient' } }, { retry: false }]);
  expect(api.requests.filter(({ body }) => !isJudge(body as MessagesRequest))).toHaveLength(2);
});

const mergedFile = `version: 1
name: greet
model: { name: claude-sonnet-5-5 }
checks:
  - { name: friendly, judge: { rubric: It is friendly. }, on: [merged] }
subtasks:
  - { id: greet, run: echo hello > a.txt, retries: 0 }
`;

test('a judge without the money to ask ends the run like anything else without it', async () => {
  await using api = await createSimulatedApi({ script: () => submit(1, 'Fine.') });
  for (const file of [mergedFile, mergedFile.replace('[merged]', '[workspace]')]) {
    const text = file.replace('model:', 'budget: { tokens: 10 }\nmodel:');
    const repository = temporaryRepository({ 'fanfold.yml': text });
    const { folder } = repository;
    const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder, environment: api.environment });
    expect(run.end()).toMatchObject({ exitCode: 5, subtasks: { cancelled: 1 }, error: { code: 'budget-exhausted' } });
    const more = await runFanfold(['resume', '--tokens', '50000', '--json'], { folder, environment: api.environment });
    expect(more.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
    expect(leftovers(repository)).toEqual([]);
  }
});

test('on the merged tree a judge decides what lands, and one that can’t judge keeps the work', async () => {
  for (const isBroken of [false, true]) {
    await using api = await createSimulatedApi({
      script: () => submit(0.3, 'Not friendly at all.'),
      faults: isBroken
        ? [{ kind: 'http-error', status: 400, type: 'invalid_request_error', message: 'not today' }]
        : [],
    });
    const repository = temporaryRepository({ 'fanfold.yml': mergedFile });
    const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
      folder: repository.folder,
      environment: api.environment,
    });
    const end = run.end();
    const ended = run.events().find(({ type }) => type === 'subtask-end');
    if (isBroken) {
      expect(end.exitCode).not.toBe(0);
      expect(ended).toMatchObject({ status: 'cancelled', error: { code: 'model-failed' } });
      expect(run.events().some(({ type }) => type === 'gate-end')).toBe(false);
    } else {
      expect(end).toMatchObject({ exitCode: 3, usage: { outputTokens: api.totals().outputTokens } });
      expect(ended).toMatchObject({ status: 'failed', error: { code: 'gate-failed' } });
      expect(JSON.stringify(ended)).toContain('the gate friendly fails: it gives 0.3');
    }
    expect(ended).toHaveProperty('branch');
    expect(leftovers(repository)).toEqual([]);
  }
});
