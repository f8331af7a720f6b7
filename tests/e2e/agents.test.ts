import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SubtaskEnd } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

function modules(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `src/m${index}.js`,
      `module.exports = function value() {\n  return ${index + 1};\n};\n`,
    ]),
  );
}

const taskFile = `version: 1
name: double
goal: Every module returns twice its number
concurrency: 8
checks:
  - { name: loads, run: "for file in src/*.js; do node -e 'require(process.argv[1])' ./$file || exit 1; done" }
subtasks:
  - id: double-\${{ item.name }}
    forEach: { glob: "src/*.js" }
    prompt: "Double the number in src/\${{ item.name }}.js. subject=\${{ item.name }};"
    writes: ["\${{ item.path }}"]
`;

test('8 agents edit files of a real repository side by side and all 8 land', async () => {
  await using api = await createSimulatedApi({
    latencyMs: 50,
    script(_request, { turn, firstUserText, toolResults }) {
      const [, name = ''] = /subject=(\w+);/.exec(firstUserText) ?? [];
      const file_path = `src/${name}.js`;
      const number = Number(name.slice(1)) + 1;
      if (turn === 0) {
        return {
          content: [
            { type: 'text', text: 'I read the module and its neighbours.' },
            { type: 'tool_use', name: 'Read', input: { file_path } },
            { type: 'tool_use', name: 'Glob', input: { pattern: 'src/*.js' } },
          ],
        };
      }
      if (turn === 1) {
        if (!toolResults[0]?.text.includes(`return ${number};`))
          throw new Error(`not the file: ${toolResults[0]?.text}`);
        const input = { file_path, old_string: `return ${number};`, new_string: `return ${number * 2};` };
        return { content: [{ type: 'tool_use', name: 'Edit', input }] };
      }
      return { content: [{ type: 'text', text: `\u001b[31mDoubled ${name}.\u001b[0m` }] };
    },
  });
  const repository = temporaryRepository({
    ...modules(8),
    'AGENTS.md': 'Keep the style of the file.\n',
    'fanfold.yml': taskFile,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.stderr).toBe('');
  api.assertFinished();
  const end = run.end();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { total: 8, landed: 8 } });
  expect(end.usage.outputTokens).toBeGreaterThan(0);
  expect(end.usage.cacheReadTokens).toBeGreaterThan(0);
  expect(api.requests).toHaveLength(24);
  for (let index = 0; index < 8; index += 1) {
    expect(repository.read('fanfold/double', `src/m${index}.js`)).toContain(`return ${(index + 1) * 2};`);
  }
  expect(leftovers(repository)).toEqual([]);

  // The agents really ran side by side: more than one request was open at a time.
  const workers = new Set(run.events().flatMap((event) => (event.type === 'subtask-start' ? [event.worker] : [])));
  expect(workers.size).toBeGreaterThan(1);
  // Siblings share a byte-identical prefix: tools and system.
  const prefixes = new Set(
    api.requests.map(({ body }) => {
      const { tools, system } = body as { tools: unknown; system: unknown };
      return JSON.stringify([tools, system]);
    }),
  );
  expect(prefixes.size).toBe(1);
  expect([...prefixes][0]).not.toContain(repository.folder);
  // The key reaches the model's process only: neither files of the run nor output hold it.
  const key = api.environment.ANTHROPIC_API_KEY;
  expect(run.stdout).not.toContain(key);
  for (const file of readdirSync(end.folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8'), file.name).not.toContain(key);
  }
  // Words of the model carry no control sequences into the events.
  expect(run.stdout).not.toContain('\\u001b');
  expect(existsSync(join(end.folder, 'subtasks', 'double-m3', '1', 'transcript.jsonl'))).toBe(true);
});

test('an agent that was asked for a change and made none has failed', async () => {
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'text', text: 'Nothing to do.' }] }),
  });
  const repository = temporaryRepository({ ...modules(1), 'fanfold.yml': taskFile });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  const ended = run.events().find((event): event is SubtaskEnd => event.type === 'subtask-end');
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'agent-no-change' } });
  expect(run.exitCode).toBe(1);
});

test('commands of agents need an allow rule; what was denied is counted and told', async () => {
  await using api = await createSimulatedApi({
    script(_request, { turn, toolResults }) {
      if (turn === 0) {
        return {
          content: [
            {
              type: 'tool_use',
              name: 'Bash',
              input: { command: 'echo allowed | tee allowed.txt && env | tee environment.txt' },
            },
            { type: 'tool_use', name: 'Bash', input: { command: 'rm -rf src' } },
            { type: 'tool_use', name: 'Write', input: { file_path: '../../../outside.txt', content: 'x' } },
          ],
        };
      }
      if (toolResults.map(({ isError }) => isError).join() !== 'false,true,true')
        throw new Error(JSON.stringify(toolResults));
      return { content: [{ type: 'text', text: 'Done.' }] };
    },
  });
  const repository = temporaryRepository({
    ...modules(1),
    'fanfold.yml': `version: 1
name: bash
permissions: { allow: ["Bash(echo *)", "Bash(tee *.txt)", "Bash(env)"] }
subtasks: [{ id: one, prompt: "Try things." }]
`,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0, denials: 1 });
  expect(repository.read('fanfold/bash', 'allowed.txt')).toBe('allowed\n');
  expect(repository.read('fanfold/bash', 'environment.txt')).not.toMatch(/ANTHROPIC/);
  expect(repository.read('fanfold/bash', 'src/m0.js')).toContain('return 1');
  expect(existsSync(join(repository.folder, 'outside.txt'))).toBe(false);
});

test('overload and cut streams cost time, not subtasks', async () => {
  await using api = await createSimulatedApi({
    script: (_request, { turn }) =>
      turn === 0
        ? { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'note.txt', content: 'x\n' } }] }
        : { content: [{ type: 'text', text: 'Written.' }] },
    faults: [
      { kind: 'overloaded', at: 0 },
      { kind: 'drop', at: 1 },
      { kind: 'rate-limit', retryAfterSeconds: 0, at: 3 },
    ],
  });
  const repository = temporaryRepository({
    'fanfold.yml': 'version: 1\nname: shaky\nsubtasks: [{ id: one, prompt: "Write a note." }]\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(repository.read('fanfold/shaky', 'note.txt')).toBe('x\n');
});

test('without credentials a file that needs a model fails before anything starts', async () => {
  const repository = temporaryRepository({ ...modules(1), 'fanfold.yml': taskFile });
  const run = await runFanfold(['run', 'fanfold.yml'], { folder: repository.folder });
  expect(run.exitCode).toBe(6);
  expect(run.stderr).toMatch(/ANTHROPIC_API_KEY/);
  expect(existsSync(join(repository.folder, '.fanfold'))).toBe(false);
});

test.each<[string, boolean, (url: string) => { flags?: string[]; file?: boolean; settings?: string }]>([
  ['the user names', true, (url) => ({ flags: ['--base-url', url] })],
  ['the user’s settings name', true, (settings) => ({ file: false, settings })],
  ['both the settings and the task file name', true, (settings) => ({ settings })],
  ['only the task file names', false, () => ({})],
  ['only the task file names beside other settings', false, () => ({ settings: 'http://127.0.0.1:9' })],
])('a server that %s gets the key: %s', async (_name, expected, given) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers));
    request.resume();
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { flags = [], file = true, settings } = given(url);
    const model = file ? `model: { baseUrl: "${url}" }\n` : '';
    const repository = temporaryRepository({
      'fanfold.yml': `version: 1\nname: key\n${model}subtasks: [{ id: one, prompt: "Say hello." }]\n`,
    });
    const home = temporaryFolder();
    mkdirSync(join(home, 'fanfold'));
    const roles = settings === undefined ? {} : { worker: { baseUrl: settings } };
    writeFileSync(join(home, 'fanfold', 'settings.json'), JSON.stringify({ roles }));
    await runFanfold(['run', 'fanfold.yml', '--json', ...flags], {
      folder: repository.folder,
      environment: { ANTHROPIC_API_KEY: 'sk-of-the-user', XDG_CONFIG_HOME: home },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.join('').includes('sk-of-the-user')).toBe(expected);
  } finally {
    server.close();
  }
});
