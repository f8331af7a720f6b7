import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSimulatedApi, type MessagesRequest, type SimulatedApi } from '../simulated-api/server.js';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

/** The environment of a user with these settings. */
function userWith(settings: unknown): Record<string, string> {
  const home = temporaryFolder();
  mkdirSync(join(home, 'fanfold'));
  writeFileSync(join(home, 'fanfold', 'settings.json'), JSON.stringify(settings));
  return { XDG_CONFIG_HOME: home };
}

const asked = (api: SimulatedApi) => api.requests.map(({ body }) => body as MessagesRequest);
const namesOf = (api: SimulatedApi) => asked(api).map(({ model }) => model);
const price = (input: number, output = 0) => ({ price: { input, output, cacheWrite: input, cacheRead: input } });

/** An agent that writes its file at once. */
const write = (file: string) => ({
  match: `Write ${file}`,
  steps: [
    { reply: { content: [{ type: 'tool_use' as const, name: 'Write', input: { file_path: file, content: 'x\n' } }] } },
    { reply: { content: [{ type: 'text' as const, text: 'Done.' }] } },
  ],
});

function taskFile(changes: object = {}): string {
  const subtasks = [{ id: 'one', prompt: 'Write one.txt' }];
  return JSON.stringify({ version: 1, name: 'models', subtasks, ...changes });
}

describe('what a user says of models', () => {
  test('prices the work, the task file before the settings; nobody else is asked', async () => {
    const environment = userWith({
      models: { llama: price(1_000), gemma: price(5) },
      roles: { worker: { name: 'llama' } },
    });
    const runs: [object, number][] = [
      [{}, 1_000],
      [{ models: { llama: price(2_000) } }, 2_000],
      [{ model: { name: 'other' } }, 0],
    ];
    for (const [changes, usd] of runs) {
      await using api = await createSimulatedApi({ scenarios: [write('one.txt')] });
      const { folder } = temporaryRepository({ 'task.json': taskFile(changes) });
      const run = await runFanfold(['run', 'task.json', '--json'], {
        folder,
        environment: { ...api.environment, ...environment },
      });
      const { usage, exitCode } = run.end();
      expect(exitCode, run.stderr).toBe(0);
      expect(usage.usd).toBeCloseTo(
        ((usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens) * usd) / 1e6,
        6,
      );
      expect(new Set(namesOf(api))).toEqual(new Set([usd === 0 ? 'other' : 'llama']));
      const notes = run.events().flatMap((event) => ('activity' in event ? [event.activity] : []));
      const note = notes.find((activity) => activity.includes('no price is known'));
      if (usd === 0) expect(note).toContain('add it to `models` in the task file');
      else expect(note).toBeUndefined();
      const notices = run.events().flatMap((event) => (event.type === 'notice' ? [event.message] : []));
      expect(notices.filter((message) => message.includes('No price is known'))).toEqual(
        usd === 0 ? ['No price is known for other: its cost counts as 0 (add it to `models` in the task file).'] : [],
      );
    }
  });

  test('that is not valid is refused by file and key, where a model is asked and nowhere else', async () => {
    const environment = userWith({ roles: { worker: { name: 'm', efort: 'low' } } });
    const { folder } = temporaryRepository({
      'task.json': taskFile(),
      'commands.json': taskFile({ subtasks: [{ id: 'one', run: 'echo x > one.txt' }] }),
    });
    const refused = await runFanfold(['run', 'task.json'], { folder, environment });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(join(environment['XDG_CONFIG_HOME'] ?? '', 'fanfold', 'settings.json'));
    expect(refused.stderr).toMatch(/roles\.worker\.efort: found the unknown key "efort"; did you mean effort\?/);
    expect((await runFanfold(['run', 'commands.json'], { folder, environment })).exitCode).toBe(0);
  });

  test('is not read from the repository', async () => {
    const { folder } = temporaryRepository({
      'task.json': taskFile(),
      '.config/fanfold/settings.json': JSON.stringify({ roles: { worker: { name: 'evil' } } }),
    });
    const run = await runFanfold(['models', 'task.json', '--json'], {
      folder,
      environment: { XDG_CONFIG_HOME: '.config' },
    });
    expect(JSON.parse(run.stdout).uses[1]).toMatchObject({ role: 'worker', name: 'claude-sonnet-5-5' });
  });
});

test('fanfold models shows what applies, and which model does what', async () => {
  const environment = userWith({
    models: { llama: price(1), gemma: { contextTokens: 8_000 } },
    roles: { planner: { name: 'claude-opus-5-5' }, summariser: { name: 'claude-haiku-5-5' } },
  });
  const { folder } = temporaryRepository({
    'task.json': taskFile({
      model: { name: 'llama', effort: 'low' },
      roles: { judge: { name: 'gemma', thinking: { budgetTokens: 2_000 } } },
      models: { llama: price(2) },
      checks: [{ name: 'good', judge: { rubric: 'It is good.' } }],
      subtasks: [
        { id: 'one-${{ item.path }}', forEach: { command: 'touch was-run' }, prompt: 'p' },
        { id: 'two', prompt: 'p', model: { name: 'claude-opus-5-5' } },
      ],
    }),
  });
  const shown = await runFanfold(['models', 'task.json', '--json'], { folder, environment });
  expect(shown.exitCode, shown.stderr).toBe(0);
  const { models, uses } = JSON.parse(shown.stdout);
  const named = (name: string) => models.find((model: { name: string }) => model.name === name);
  expect(named('llama')).toMatchObject({ source: 'task file', price: { input: 2 } });
  expect(named('gemma')).toEqual({ name: 'gemma', source: 'settings', contextTokens: 8_000 });
  expect(named('claude-haiku-5-5')).toMatchObject({ source: 'built in', longPrompt: { aboveTokens: 100_000 } });
  expect(uses).toEqual([
    { role: 'planner', name: 'claude-opus-5-5', by: [] },
    { role: 'worker', name: 'llama', effort: 'low', by: ['one-${{ item.path }}'] },
    { role: 'worker', name: 'claude-opus-5-5', by: ['two'] },
    { role: 'judge', name: 'gemma', thinking: { budgetTokens: 2_000 }, by: ['good'] },
    { role: 'summariser', name: 'claude-haiku-5-5', by: ['one-${{ item.path }}', 'two'] },
  ]);
  const table = (await runFanfold(['models', 'task.json'], { folder, environment })).stdout;
  expect(table).toMatch(/^llama +\? +\? +\? +2 +0 +2 +2 +task file$/m);
  expect(table).toMatch(/^gemma +8,000 +\? +\? +\? +\? +\? +\? +settings$/m);
  expect(table).toMatch(/^judge +gemma +thinks 2000 +good$/m);
  const bare = (await runFanfold(['models'], { folder })).stdout;
  expect(bare).toMatch(/^claude-haiku-4-5 +200\.0k +64\.0k +4,096 +1 +5 +1\.25 +0\.1 +built in$/m);
  expect(bare).toMatch(/^worker +claude-sonnet-5-5$/m);
  expect((await runFanfold(['models', 'nothing.yml'], { folder })).exitCode).toBe(2);
});

describe('the planner of a goal', () => {
  const goal = 'Write the file one.txt';
  const proposal = { version: 1, name: 'planned', subtasks: [{ id: 'one', prompt: 'Write one.txt now.' }] };
  const planning = {
    match: /Split this goal/,
    steps: [{ reply: { content: [{ type: 'tool_use' as const, name: 'submit_result', input: proposal }] } }],
  };
  const planner = { roles: { planner: { name: 'claude-opus-5-5', effort: 'max' } } };

  test.each<[string, string[], object, [string, string | undefined]]>([
    ['has a model of its own', ['--planner-model', 'claude-opus-5-5'], {}, ['claude-opus-5-5', undefined]],
    ['that the settings name as well', ['--model', 'claude-haiku-5-5'], planner, ['claude-opus-5-5', 'max']],
    ['which the command line outranks', ['--planner-model', 'claude-opus-5'], planner, ['claude-opus-5', undefined]],
    [
      'and else that of the agents',
      ['--model', 'claude-haiku-5-5', '--effort', 'low'],
      {},
      ['claude-haiku-5-5', 'low'],
    ],
  ])('%s', async (_what, args, settings, wanted) => {
    await using api = await createSimulatedApi({ scenarios: [planning, write('one.txt')] });
    const { folder } = temporaryRepository({ 'a.txt': 'a\n' });
    const environment = { ...api.environment, ...userWith(settings) };
    const run = await runFanfold(['run', goal, '--yes', '--json', ...args], { folder, environment });
    expect(run.end(), run.stderr).toMatchObject({ exitCode: 0 });
    const [first, ...rest] = asked(api);
    expect([first?.model, first?.output_config?.effort ?? undefined]).toEqual(wanted);
    const agents = args.includes('--model') ? 'claude-haiku-5-5' : 'claude-sonnet-5-5';
    expect(new Set(rest.map(({ model }) => model))).toEqual(new Set([agents]));
    const effort = args.includes('--effort') ? 'low' : undefined;
    expect(new Set(rest.map(({ output_config }) => output_config?.effort ?? undefined))).toEqual(new Set([effort]));
    expect(api.problems()).toEqual([]);
  });

  test('may not choose models', async () => {
    const greedy = { ...proposal, roles: { judge: { name: 'm' } }, models: { m: price(0) } };
    await using api = await createSimulatedApi({
      script: () => ({ content: [{ type: 'tool_use', name: 'submit_result', input: greedy }] }),
    });
    const { folder } = temporaryRepository({ 'a.txt': 'a\n' });
    const run = await runFanfold(['plan', goal], { folder, environment: api.environment });
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toMatch(/must not set models, roles/);
  });
});

test('a long conversation is summed up by the summariser, at the size that the user gives for the model', async () => {
  const summary = 'The files were read; what is left is to write one.txt.';
  const isSumming = ({ messages }: MessagesRequest) =>
    JSON.stringify(messages.at(-1)).includes('Your context is nearly full');
  await using api = await createSimulatedApi({
    script(request, { turn }) {
      if (isSumming(request)) return { content: [{ type: 'text', text: summary }] };
      const text = { type: 'text' as const, text: `Step ${turn}. ${'I think about it. '.repeat(60)}` };
      if (JSON.stringify(request.messages).includes(summary) && turn > 2)
        return { content: [{ type: 'text', text: 'Done.' }] };
      const input = { file_path: 'one.txt', content: `${turn}\n` };
      return { content: [text, { type: 'tool_use', name: 'Write', input }] };
    },
  });
  const recording = join(temporaryFolder(), 'traffic.ndjson');
  const files = {
    'task.json': taskFile({
      model: { name: 'llama', baseUrl: api.url },
      models: { llama: { ...price(1), contextTokens: 12_000, maxOutputTokens: 2_000 }, gemma: price(1_000_000) },
      roles: { summariser: { name: 'gemma', effort: 'low' } },
    }),
  };
  const { folder } = temporaryRepository(files);
  const recorded = ['run', 'task.json', '--json', '--record', recording];
  const run = await runFanfold(recorded, { folder, environment: api.environment });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0 });
  const summing = asked(api).filter(isSumming);
  expect(summing.length).toBeGreaterThan(0);
  expect(new Set(summing.map(({ model, output_config }) => `${model} ${output_config?.effort}`))).toEqual(
    new Set(['gemma low']),
  );
  const others = asked(api).filter((request) => !isSumming(request));
  expect(new Set(others.map(({ model, output_config }) => `${model} ${output_config?.effort}`))).toEqual(
    new Set(['llama undefined']),
  );
  // At a million times the price of the others it is what the run has cost.
  expect(run.end().usage.usd).toBeGreaterThan(1_000);
  expect(api.problems()).toEqual([]);
  // At the same sizes, from the recording alone.
  const again = temporaryRepository(files);
  const replay = ['run', 'task.json', '--json', '--model', `replay:${recording}`];
  const replayed = await runFanfold(replay, { folder: again.folder });
  expect(replayed.end(), replayed.stderr).toMatchObject({
    exitCode: 0,
    usage: { outputTokens: run.end().usage.outputTokens },
  });
});

test('a judge is the one that the settings name, unless the file names another, at the price that the user gives', async () => {
  const isJudge = ({ system }: MessagesRequest) => JSON.stringify(system).includes('You judge a piece of work');
  const environment = userWith({
    models: { gemma: price(1_000_000) },
    roles: { judge: { name: 'gemma', effort: 'high' } },
  });
  const wanted: [object, string][] = [
    [{}, 'gemma high'],
    [{ roles: { judge: { name: 'claude-opus-5-5' } } }, 'claude-opus-5-5 undefined'],
  ];
  for (const [changes, judge] of wanted) {
    await using api = await createSimulatedApi({
      script(request, { turn }) {
        const input = { score: 1, evidence: 'one.txt:1 is good.' };
        if (isJudge(request)) return { content: [{ type: 'tool_use', name: 'submit_result', input }] };
        const call = { type: 'tool_use' as const, name: 'Write', input: { file_path: 'one.txt', content: 'x\n' } };
        return { content: [turn === 0 ? call : { type: 'text', text: 'Done.' }] };
      },
    });
    const checks = [{ name: 'good', judge: { rubric: 'It is good.' } }];
    const { folder } = temporaryRepository({ 'task.json': taskFile({ checks, ...changes }) });
    const given = { ...api.environment, ...environment };
    const run = await runFanfold(['run', 'task.json', '--json'], { folder, environment: given });
    expect(run.end(), run.stderr).toMatchObject({ exitCode: 0 });
    const judged = asked(api).filter(isJudge);
    expect(new Set(judged.map(({ model, output_config }) => `${model} ${output_config?.effort}`))).toEqual(
      new Set([judge]),
    );
    expect(run.end().usage.usd > 100).toBe(judge.startsWith('gemma'));
    expect(api.problems()).toEqual([]);
  }
});

test('a thinking budget that no answer fits beside is refused before anything runs', async () => {
  await using api = await createSimulatedApi({ scenarios: [write('one.txt')] });
  const model = { name: 'claude-haiku-4-5', thinking: { budgetTokens: 64_000 } };
  const { folder } = temporaryRepository({ 'task.json': taskFile({ model }) });
  const run = await runFanfold(['run', 'task.json'], { folder, environment: api.environment });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toMatch(/thinking\.budgetTokens 64,000 leaves no room for an answer of claude-haiku-4-5/);
  expect(api.requests).toEqual([]);
});

test('--model does not inherit what the file says of another, --effort goes with it', async () => {
  const { folder } = temporaryRepository({
    'task.json': taskFile({ model: { name: 'claude-opus-5-5', effort: 'high', thinking: 'adaptive' } }),
  });
  for (const [more, effort] of [
    [['--model', 'claude-haiku-4-5'], undefined],
    [['--model', 'claude-opus-5', '--effort', 'low'], 'low'],
  ] as const) {
    await using api = await createSimulatedApi({ scenarios: [write('one.txt')] });
    const args = ['run', 'task.json', '--json', '--force', ...more];
    const run = await runFanfold(args, { folder, environment: api.environment });
    expect(run.end(), run.stderr + run.stdout).toMatchObject({ exitCode: 0 });
    expect(new Set(asked(api).map(({ output_config }) => output_config?.effort))).toEqual(new Set([effort]));
    expect(asked(api).some(({ thinking }) => thinking !== undefined)).toBe(false);
  }
});

test('an overload fails neither an agent nor its judge where the model that stands in takes less', async () => {
  const isJudge = ({ system }: MessagesRequest) => JSON.stringify(system).includes('You judge a piece of work');
  await using api = await createSimulatedApi({
    faults: [{ kind: 'overloaded', match: ({ model }) => model === 'claude-opus-5-5' }],
    script(request, { turn }) {
      const input = { score: 1, evidence: 'one.txt:1 is good.' };
      if (isJudge(request)) return { content: [{ type: 'tool_use', name: 'submit_result', input }] };
      const call = { type: 'tool_use' as const, name: 'Write', input: { file_path: 'one.txt', content: 'x\n' } };
      return { content: [turn === 0 ? call : { type: 'text', text: 'Done.' }] };
    },
  });
  const model = { name: 'claude-opus-5-5', fallback: ['claude-haiku-4-5'], effort: 'high', thinking: 'adaptive' };
  const { folder } = temporaryRepository({
    'task.json': taskFile({ model, checks: [{ name: 'good', judge: { rubric: 'It is good.' } }] }),
  });
  const run = await runFanfold(['run', 'task.json', '--json'], { folder, environment: api.environment });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0 });
  expect(api.problems()).toEqual([]);
  const standIns = asked(api).filter((body) => body.model === 'claude-haiku-4-5');
  expect(standIns.some(isJudge)).toBe(true);
  expect(standIns.filter(({ thinking, output_config }) => thinking ?? output_config)).toEqual([]);
}, 120_000);

test('where nobody says what a judge costs, the run tells it', async () => {
  await using api = await createSimulatedApi({
    script: () => ({
      content: [{ type: 'tool_use', name: 'submit_result', input: { score: 1, evidence: 'one.txt:1 is good.' } }],
    }),
  });
  const task = taskFile({
    roles: { judge: { name: 'gemma' } },
    checks: [{ name: 'good', judge: { rubric: 'It is good.' } }],
    subtasks: [{ id: 'one', run: 'echo x > one.txt' }],
  });
  const { folder } = temporaryRepository({ 'task.json': task });
  const run = await runFanfold(['run', 'task.json', '--json'], { folder, environment: api.environment });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0 });
  expect(run.events().filter(({ type }) => type === 'notice')).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      message: 'No price is known for gemma, which judges: its cost counts as 0 (add it to `models` in the task file).',
    }),
  );
});

test.each([
  ['run', ['run', 'task.json']],
  ['run of a goal', ['run', 'Write the file one.txt', '--yes']],
  ['resume', ['resume']],
])('a server with a password is refused by %s, and not shown', async (_command, args) => {
  const { folder } = temporaryRepository({ 'task.json': taskFile() });
  const refused = await runFanfold([...args, '--base-url', 'http://me:hunter2@127.0.0.1:9'], { folder });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('--base-url takes a URL without a name and a password');
  expect(refused.stdout + refused.stderr).not.toContain('hunter2');
});

test('doctor looks at the settings, and at the server that they name', async () => {
  const { folder } = temporaryRepository({});
  const examine = async (settings: unknown) => {
    const { stdout } = await runFanfold(['doctor', '--json'], { folder, environment: userWith(settings) });
    const found = JSON.parse(stdout) as { subject: string; state: string; found: string }[];
    return (subject: string) => found.find((finding) => finding.subject === subject);
  };
  const fine = await examine({ roles: { worker: { name: 'llama', baseUrl: 'http://127.0.0.1:9' } } });
  expect(fine('settings')).toMatchObject({ state: 'ok', found: expect.stringMatching(/settings\.json$/) });
  expect(fine('model')).toMatchObject({ state: 'ok' });
  const broken = await examine({ roles: { worker: { efort: 'low' } } });
  expect(broken('settings')).toMatchObject({
    state: 'missing',
    found: expect.stringContaining('roles.worker.efort: found the unknown key'),
    next: expect.stringContaining('Correct the file'),
  });
  expect(broken('model')).toMatchObject({ state: 'warning' });
});
