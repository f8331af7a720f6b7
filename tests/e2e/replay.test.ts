import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FanfoldEvent, SubtaskEnd } from '../../tasks/index.ts';
import { createSimulatedApi } from '../simulated-api/server.js';
import type { Script } from '../simulated-api/types.d.ts';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const count = 8;
const modules = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [`src/m${index}.js`, `exports.value = () => ${index + 1};\n`]),
);
const taskFile = `version: 1
name: double
goal: Every module returns twice its number
concurrency: ${count + 1}
subtasks:
  - id: double-\${{ item.name }}
    forEach: { glob: "src/*.js" }
    prompt: "Double the number. subject=\${{ item.name }};"
    permissions: { allow: ["Bash(pwd)", "Bash(date *)"] }
    writes: ["\${{ item.path }}"]
  - id: survey
    prompt: Count the modules.
    workspace: none
    output: { schema: { type: object, properties: { modules: { type: integer } }, required: [modules] } }
`;

/** An agent that looks around, works with an absolute path, and prints the time; another that owes a result. */
const script: Script = (_request, { turn, firstUserText, toolResults }) => {
  if (firstUserText.includes('Count the modules')) {
    if (turn === 0) return { content: [{ type: 'tool_use', name: 'Glob', input: { pattern: 'src/*.js' } }] };
    const found = toolResults[0]?.text.split('\n').length ?? 0;
    return { content: [{ type: 'tool_use', name: 'submit_result', input: { modules: found } }] };
  }
  const [, name = ''] = /subject=(\w+);/.exec(firstUserText) ?? [];
  if (turn === 0) {
    return {
      content: [
        { type: 'text', text: 'I look around.' },
        { type: 'tool_use', name: 'Bash', input: { command: 'pwd' } },
        { type: 'tool_use', name: 'Bash', input: { command: 'date +%Y-%m-%dT%H:%M:%S.%N' } },
        { type: 'tool_use', name: 'Read', input: { file_path: `src/${name}.js` } },
        { type: 'tool_use', name: 'Glob', input: { pattern: '**' } },
      ],
    };
  }
  if (turn === 1) {
    const number = Number(name.slice(1)) + 1;
    const input = {
      file_path: `${toolResults[0]?.text}/src/${name}.js`,
      old_string: `=> ${number};`,
      new_string: `=> ${number * 2};`,
    };
    return { content: [{ type: 'tool_use', name: 'Edit', input }] };
  }
  return { content: [{ type: 'text', text: `Doubled ${name}.` }] };
};

function withTaskFile(text = taskFile): TestRepository {
  return temporaryRepository({ ...modules, 'fanfold.yml': text });
}

function endsOf(events: readonly FanfoldEvent[]): Map<string, SubtaskEnd> {
  return new Map(events.flatMap((event) => (event.type === 'subtask-end' ? [[event.subtask, event]] : [])));
}

function noticesOf(events: readonly FanfoldEvent[]): string {
  return events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])).join('\n');
}

/** A server that nobody may ask, and how often it was. */
async function trap(): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((_request, response) => response.writeHead(500).end());
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

/** Records a run of the task file; returns its tree and the path of the recording. */
async function record(): Promise<{ tree: string; file: string; usage: unknown; requests: number }> {
  await using api = await createSimulatedApi({ script, faults: [{ kind: 'overloaded', at: 2 }] });
  const repository = withTaskFile();
  const file = join(temporaryFolder(), 'traffic.ndjson');
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--record', file], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 } });
  expect(noticesOf(run.events())).toContain(`recorded ${count * 3 + 2} turns of ${count + 1} subtasks`);
  const { usage, folder } = run.end();
  expect(readFileSync(join(folder, 'results.jsonl'), 'utf8')).toContain('"modules":8');
  // Paths of this machine, ids of the run and the key are not in it.
  const text = readFileSync(file, 'utf8');
  for (const foreign of [repository.folder, run.end().run, api.environment['ANTHROPIC_API_KEY'] ?? '', api.url]) {
    expect(text).not.toContain(foreign);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return {
    tree: repository.git('rev-parse', 'fanfold/double^{tree}'),
    file,
    usage,
    requests: api.requests.length,
  };
}

test('a recorded run is replayed elsewhere: the same tree, without a key, a server or a cent', async () => {
  const recorded = await record();
  const { url, connections } = await trap();
  const repository = withTaskFile();
  // It lies in the repository now, and so in every worktree, where the agents must not come upon it.
  repository.commit({ 'ci/traffic.ndjson': readFileSync(recorded.file, 'utf8') });
  for (const [where, args] of [
    ['.', ['--model', 'replay:ci/traffic.ndjson', '--threads', '1', '--concurrency', '2']],
    ['src', ['--model', 'replay:../ci/traffic.ndjson', '--threads', '3', '--into', 'fanfold/other']],
  ] as const) {
    const run = await runFanfold(['run', join(repository.folder, 'fanfold.yml'), '--json', ...args], {
      folder: join(repository.folder, where),
      environment: { ANTHROPIC_BASE_URL: url },
    });
    const end = run.end();
    expect(end, run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1, cached: 0 } });
    expect(noticesOf(run.events())).not.toMatch(/not asked for|no price/);
    expect(end.usage).toEqual({ ...(recorded.usage as object), usd: 0 });
    const changed = repository.git('diff', '--stat', 'main', end.branch ?? '', '--', 'src');
    expect(changed).toContain(`${count} files changed`);
    for (let index = 0; index < count; index += 1) {
      expect(repository.read(end.branch ?? '', `src/m${index}.js`)).toBe(`exports.value = () => ${(index + 1) * 2};\n`);
    }
    expect(readFileSync(join(end.folder, 'results.jsonl'), 'utf8')).toContain('"modules":8');
  }
  expect(connections()).toBe(0);
  expect(leftovers(repository)).toEqual([]);
  const plain = withTaskFile();
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--model', `replay:${recorded.file}`], {
    folder: plain.folder,
  });
  expect(run.end()).toMatchObject({ exitCode: 0 });
  expect(plain.git('rev-parse', 'fanfold/double^{tree}')).toBe(recorded.tree);
});

test('what is not as it was when it was recorded fails its subtask, and says where it differs and what to do', async () => {
  const { file } = await record();
  const repository = withTaskFile(
    taskFile
      .replace('Double the number. subject=', 'Double the number, please. subject=')
      .replace(
        'prompt: Count the modules.',
        'prompt: Count the modules.\n    model: { name: nobody, baseUrl: "http://127.0.0.1:9" }',
      ),
  );
  repository.commit({ 'src/m3.js': 'exports.value = () => "\u001b[31mfour";\n' });
  const args = ['--json', '--model', `replay:${file}`];
  const reworded = await runFanfold(['run', 'fanfold.yml', ...args], { folder: repository.folder });
  expect(reworded.exitCode).toBe(1);
  const ends = endsOf(reworded.events());
  expect(ends.get('survey')?.status).toBe('landed');
  expect(ends.get('double-m0')?.error).toMatchObject({
    code: 'replay-diverged',
    failure: 'permanent',
    message: expect.stringMatching(
      /^Turn 1 of double-m0 is not in traffic\.ndjson: line 3 of its prompt was recorded as "Double the number\. subject=m0;" and is now "Double the number, please\. subject=m0;"\.$/,
    ),
    next: expect.stringContaining('--record'),
  });
  // Nothing was tried again, and what was not used is told.
  expect(ends.get('double-m0')?.attempts).toBe(1);
  expect(noticesOf(reworded.events())).toMatch(/24 recorded turns of traffic\.ndjson were not asked for \(double-m0, /);

  repository.write({ 'fanfold.yml': taskFile });
  const changed = await runFanfold(['run', 'fanfold.yml', ...args], { folder: repository.folder });
  const later = endsOf(changed.events());
  expect([...later.values()].filter(({ status }) => status === 'landed')).toHaveLength(count);
  expect(later.get('double-m3')?.error?.message).toBe(
    'Turn 2 of double-m3 is not in traffic.ndjson: line 1 of the result of Read was recorded as ' +
      '"1 exports.value = () => 4;" and is now "1 exports.value = () => \\"four\\";".',
  );
  expect(changed.stdout).not.toContain('\\u001b');
});

test('a recording that was killed can be replayed as far as it goes, and resume completes it', async () => {
  await using api = await createSimulatedApi({
    script,
    // Three agents get no answer to their last turn until the run is dead.
    latencyMs: ({ turn, firstUserText }) => (turn === 2 && /subject=m[567];/.test(firstUserText) ? 60_000 : 20),
  });
  const { folder } = withTaskFile();
  const file = join(temporaryFolder(), 'traffic.ndjson');
  const run = startFanfold(['run', 'fanfold.yml', '--json', '--record', file], {
    folder,
    environment: api.environment,
  });
  const turns = (): number => readFileSync(file, 'utf8').split('"type":"turn"').length - 1;
  // A turn is recorded before its calls are made: what is cut off in a call is another conversation afterwards.
  const unanswered = (): number =>
    api.requests.filter(({ turn, outcome }) => turn === 2 && outcome === 'pending').length;
  const isThere = () => run.stdout().includes('"run-start"') && turns() === count * 3 + 2 - 3 && unanswered() === 3;
  await until(isThere, 'the rest is recorded');
  run.child.kill('SIGKILL');
  await run.ended;
  // As if the last write had been cut off in the middle.
  appendFileSync(file, '\n{"type":"part","hash":"0123');
  const halfway = withTaskFile();
  const replayed = await runFanfold(['run', 'fanfold.yml', '--json', '--model', `replay:${file}`], {
    folder: halfway.folder,
  });
  const ends = endsOf(replayed.events());
  expect([...ends.values()].filter(({ status }) => status === 'landed')).toHaveLength(count + 1 - 3);
  expect(ends.get('double-m6')?.error).toMatchObject({
    code: 'replay-diverged',
    message: 'Turn 3 of double-m6 is not in traffic.ndjson: nothing more was recorded of this conversation.',
  });
  await using next = await createSimulatedApi({ script });
  const resumed = await runFanfold(['resume', '--json'], { folder, environment: next.environment });
  expect(resumed.end(), resumed.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 } });
  expect(noticesOf(resumed.events())).toContain(`of ${count + 1} subtasks`);
  const whole = await runFanfold(['run', 'fanfold.yml', '--json', '--model', `replay:${file}`], {
    folder: halfway.folder,
  });
  expect(whole.end(), whole.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 } });
  expect(leftovers(halfway)).toEqual([]);
});

test('two threads and a worker process record into one file', async () => {
  const asked = new Set<string>();
  await using api = await createSimulatedApi({
    async script(request, context) {
      // Nobody is answered before all four are at work.
      asked.add(context.firstUserText);
      await until(() => asked.size >= 4, 'four agents have asked');
      return script(request, context);
    },
  });
  const repository = withTaskFile();
  const { folder } = repository;
  const { environment } = api;
  const file = join(temporaryFolder(), 'traffic.ndjson');
  const args = ['--json', '--threads', '2', '--concurrency', '2', '--record', file];
  const run = startFanfold(['run', 'fanfold.yml', ...args], { folder, environment });
  await until(() => asked.size === 2, 'its own threads ask');
  const worker = startFanfold(['worker', '--threads', '2', '--concurrency', '2'], { folder, environment });
  const result = await run.ended;
  expect(result.end(), result.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 } });
  expect((await worker.ended).exitCode).toBe(0);
  const workers = new Set(result.events().flatMap((event) => (event.type === 'attempt-end' ? [event.worker] : [])));
  expect([...workers].filter((name) => name.startsWith('outside-'))).not.toEqual([]);
  expect(workers.size).toBeGreaterThanOrEqual(3);
  expect(noticesOf(result.events())).toContain(`recorded ${count * 3 + 2} turns of ${count + 1} subtasks`);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const hashes = lines.flatMap((line) => (JSON.parse(line) as { hash?: string }).hash ?? []);
  expect(new Set(hashes).size).toBe(hashes.length);
  const elsewhere = withTaskFile();
  const replayed = await runFanfold(['run', 'fanfold.yml', '--json', '--model', `replay:${file}`], {
    folder: elsewhere.folder,
  });
  expect(replayed.end(), replayed.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 } });
  expect(elsewhere.git('rev-parse', 'fanfold/double^{tree}')).toBe(
    repository.git('rev-parse', 'fanfold/double^{tree}'),
  );
});

test('the value of a secret variable is not in the recording, wherever it came from', async () => {
  const secret = 'correct-horse-battery';
  await using api = await createSimulatedApi({
    script: (_request, { turn }) => {
      if (turn === 0) return { content: [{ type: 'tool_use', name: 'Read', input: { file_path: 'config.txt' } }] };
      const input = { file_path: 'copy.txt', content: `It is ${secret}.\n` };
      if (turn === 1) return { content: [{ type: 'tool_use', name: 'Write', input }] };
      return { content: [{ type: 'text', text: 'Copied.' }] };
    },
  });
  const repository = temporaryRepository({
    'config.txt': `password ${secret}\nauthorization: Bearer abcdefghijklmnopqrstuvwx\n`,
    'fanfold.yml': `version: 1\nname: copy\nsubtasks: [{ id: copy, prompt: "Copy it. Not ${secret}!" }]\n`,
  });
  const { folder } = repository;
  const file = join(folder, 'traffic.ndjson');
  const environment = { ...api.environment, DATABASE_PASSWORD: secret };
  // Its result is not reused: it would be missing in the recording.
  expect((await runFanfold(['run', 'fanfold.yml'], { folder, environment })).exitCode).toBe(0);
  const run = await runFanfold(['run', 'fanfold.yml', '--record', 'traffic.ndjson'], { folder, environment });
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/recorded 3 turns of 1 subtask, \d+ kB/);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(secret);
  expect(text).not.toContain('abcdefghijklmnopqrstuvwx');
  expect(text.match(/\[value of DATABASE_PASSWORD\]/g)?.length).toBeGreaterThanOrEqual(3);
  const replayed = await runFanfold(['run', 'fanfold.yml', '--json', '--model', 'replay:traffic.ndjson'], {
    folder,
    environment: { DATABASE_PASSWORD: secret },
  });
  expect(replayed.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(repository.read('fanfold/copy', 'copy.txt')).toBe('It is [value of DATABASE_PASSWORD].\n');
});

test('the planning of a goal is recorded and replayed with what was planned', async () => {
  const planned = {
    version: 1,
    name: 'note',
    subtasks: [{ id: 'note', prompt: 'Write the note.', writes: ['note.txt'] }],
  };
  await using api = await createSimulatedApi({
    script(_request, { turn, firstUserText }) {
      if (firstUserText.includes('Split this goal'))
        return { content: [{ type: 'tool_use', name: 'submit_result', input: planned }] };
      const input = { file_path: 'note.txt', content: 'noted\n' };
      return turn === 0
        ? { content: [{ type: 'tool_use', name: 'Write', input }] }
        : { content: [{ type: 'text', text: 'Noted.' }] };
    },
  });
  const repository = withTaskFile();
  const { folder } = repository;
  const goal = ['run', 'Write a note about it', '--yes', '--json'];
  const recorded = await runFanfold([...goal, '--record', 'traffic.ndjson'], { folder, environment: api.environment });
  expect(recorded.exitCode, recorded.stderr).toBe(0);
  expect(noticesOf(recorded.events())).toContain('recorded 3 turns of 2 subtasks');
  const replayed = await runFanfold([...goal, '--model', 'replay:traffic.ndjson', '--into', 'again'], { folder });
  expect(replayed.exitCode, replayed.stderr).toBe(0);
  expect(noticesOf(replayed.events())).not.toContain('not asked for');
  expect(repository.read('again', 'note.txt')).toBe('noted\n');
});

test('what is no recording, and what must not become one, is refused before anything starts', async () => {
  const { folder, write } = withTaskFile();
  write({ 'notes.txt': 'Mine.\n', 'other.json': '{"recording":"fanfold","version":9,"by":"9"}\n', 'empty.ndjson': '' });
  write({ 'broken.ndjson': '{"recording":"fanfold","version":1,"by":"1"}\n{"type":"part","hash":"x"}\n' });
  for (const [args, message] of [
    [['--model', 'replay:nowhere.ndjson'], /nowhere\.ndjson can't be replayed.*ENOENT/],
    [['--model', 'replay:'], /can't be replayed/],
    [['--model', 'replay:src'], /src can't be replayed.*no file/],
    [['--model', 'replay:notes.txt'], /does not begin like one/],
    [['--model', 'replay:empty.ndjson'], /it is empty/],
    [['--model', 'replay:other.json'], /newer Fanfold/],
    [['--model', 'replay:broken.ndjson'], /line 2/],
    [['--record', 'notes.txt'], /another file is there/],
    [['--record', 'nowhere/traffic.ndjson'], /folder is not there/],
    [['--record', 'src'], /it is no file/],
  ] as const) {
    const run = await runFanfold(['run', 'fanfold.yml', ...args], {
      folder,
      environment: { ANTHROPIC_API_KEY: 'key' },
    });
    expect(run.exitCode, args.join(' ')).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/\n.*(?:Check the path|Name a new file)/);
  }
  write({ 'fine.ndjson': '{"recording":"fanfold","version":1,"by":"1"}\n' });
  const both = await runFanfold(['run', 'fanfold.yml', '--model', 'replay:fine.ndjson', '--record', 'fine.ndjson'], {
    folder,
  });
  expect(both.exitCode).toBe(2);
  expect(both.stderr).toContain('at the same time');
  const plan = await runFanfold(['plan', 'fanfold.yml', '--record', 'new.ndjson'], { folder });
  expect(plan.exitCode).toBe(2);
  expect(existsSync(join(folder, '.fanfold'))).toBe(false);
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('Mine.\n');
});

test('a program records and replays as the command line does', async () => {
  const recorded = await record();
  const repository = withTaskFile(
    taskFile.replace('concurrency:', `model: { name: "replay:traffic/today.ndjson" }\nconcurrency:`),
  );
  const { folder } = repository;
  repository.commit({ 'traffic/today.ndjson': readFileSync(recorded.file, 'utf8') });
  const copy = join(temporaryFolder(), 'copy.ndjson');
  const program = `
    import { run } from ${JSON.stringify(new URL('../../dist/index.mjs', import.meta.url).href)};
    const { end } = await run(process.argv[1] + '/fanfold.yml', { folder: process.argv[1], record: 'copy.ndjson' });
    process.stdout.write(JSON.stringify(end));
  `;
  const { ANTHROPIC_API_KEY: _, ANTHROPIC_BASE_URL: __, ...environment } = process.env;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program, folder], {
    cwd: dirname(copy),
    env: { ...environment, HOME: '/nonexistent' },
    encoding: 'utf8',
  });
  expect(JSON.parse(printed)).toMatchObject({ exitCode: 0, subtasks: { landed: count + 1 }, usage: { usd: 0 } });
  expect(repository.read('fanfold/double', 'src/m7.js')).toBe('exports.value = () => 16;\n');
  // What was replayed was recorded: the same conversations.
  const turnsIn = (path: string) => readFileSync(path, 'utf8').match(/"request":"\w+"/g);
  expect(turnsIn(copy)).toEqual(turnsIn(recorded.file));
});
