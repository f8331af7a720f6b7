import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { type FanfoldResult, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const rule = `id: no-var
language: JavaScript
rule: { pattern: "var $NAME = $VALUE" }
fix: const $NAME = $VALUE
`;

const refactor = `version: 1
name: tidy
checks:
  - { name: loads, run: "for file in src/*/index.js; do node \\"$file\\" || exit 1; done" }
  - { name: allowed, on: [merged], run: "! { test -e \\"$FANFOLD_TASK_FOLDER/refused\\" && grep -q const src/p0/index.js; }" }
subtasks:
  - id: tidy-\${{ item.name }}
    forEach: { glob: "src/*/" }
    codemod: rules/no-var.yml
    files: ["\${{ item.path }}/**/*.js"]
    writes: ["\${{ item.path }}/**"]
  - id: list
    needs: [tidy-*]
    run: cat src/*/index.js > list.txt
`;

const packages = Object.fromEntries(
  Array.from({ length: 4 }, (_, index) => [`src/p${index}/index.js`, `var value${index} = ${index};\n`]),
);

function refactorRepository() {
  return temporaryRepository({ ...packages, 'rules/no-var.yml': rule, 'fanfold.yml': refactor });
}

function run(folder: string, ...options: string[]): Promise<FanfoldResult> {
  return runFanfold(['run', 'fanfold.yml', '--json', ...options], { folder });
}

/** Ids by final state, sorted. */
function statesOf(result: FanfoldResult): Record<string, string[]> {
  const states: Record<string, string[]> = {};
  for (const event of result.events()) {
    if (event.type !== 'subtask-end') continue;
    states[event.status] = [...(states[event.status] ?? []), event.subtask].sort();
  }
  return states;
}

const everything = ['list', 'tidy-p0', 'tidy-p1', 'tidy-p2', 'tidy-p3'];

test('the same file again does nothing anew, says so, and leaves the branch as it is', async () => {
  const repository = refactorRepository();
  const first = await run(repository.folder);
  expect(statesOf(first)).toEqual({ landed: everything });
  const tip = repository.git('rev-parse', 'fanfold/tidy');

  const second = await run(repository.folder);
  expect(second.stderr).toBe('');
  expect(second.exitCode).toBe(0);
  expect(statesOf(second)).toEqual({ cached: everything });
  expect(second.end()).toMatchObject({
    status: 'succeeded',
    commit: tip,
    subtasks: { total: 5, landed: 0, cached: 5 },
  });
  expect(repository.git('rev-parse', 'fanfold/tidy')).toBe(tip);
  // No attempt was made; the gates were asked again.
  const types = new Set(second.events().map(({ type }) => type));
  expect([types.has('subtask-queue'), types.has('subtask-start'), types.has('gate-end')]).toEqual([false, false, true]);
  const earlier = first.end().run;
  for (const event of second.events()) {
    if (event.type === 'attempt-end') expect(event).toMatchObject({ reusedFrom: earlier });
    if (event.type === 'subtask-end')
      expect(event).toMatchObject({ attempts: 0, reusedFrom: earlier, durationMs: expect.any(Number) });
  }
  const report = JSON.parse(readFileSync(join(second.end().folder, 'report.json'), 'utf8'));
  expect(report.results[0]).toMatchObject({ status: 'cached', reusedFrom: earlier, attempts: 0 });
  expect(report.notices[0].message).toContain(tip.slice(0, 10));
  expect(readFileSync(join(second.end().folder, 'junit.xml'), 'utf8')).toContain('tests="5" failures="0"');
  const status = await runFanfold(['status', second.end().run], { folder: repository.folder });
  expect(status.stdout).toContain('5 subtasks done: 5 cached');
  expect(status.stdout).toContain(`cached, from ${earlier}`);
  expect(leftovers(repository)).toEqual([]);
});

test('a changed file makes its subtask and what needs it run again, and the old work stays in the reflog', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  const tip = repository.git('rev-parse', 'fanfold/tidy');
  repository.commit({ 'src/p2/index.js': 'var value2 = 22;\n', 'unrelated.txt': 'x\n' });

  const second = await run(repository.folder);
  expect(statesOf(second)).toEqual({ cached: ['tidy-p0', 'tidy-p1', 'tidy-p3'], landed: ['list', 'tidy-p2'] });
  expect(repository.read('fanfold/tidy', 'list.txt')).toBe(
    'const value0 = 0\nconst value1 = 1\nconst value2 = 22\nconst value3 = 3\n',
  );
  expect(repository.read('fanfold/tidy', 'unrelated.txt')).toBe('x\n');
  expect(repository.git('reflog', 'show', '--format=%H', 'fanfold/tidy').split('\n')).toContain(tip);
  expect(repository.git('merge-base', 'main', 'fanfold/tidy')).toBe(repository.git('rev-parse', 'main'));
});

test('--force does everything anew, and what it comes to is kept', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  const forced = await run(repository.folder, '--force');
  expect(statesOf(forced)).toEqual({ landed: everything });
  const third = await run(repository.folder);
  expect(statesOf(third)).toEqual({ cached: everything });
  const from = third.events().flatMap((event) => (event.type === 'subtask-end' ? [event.reusedFrom] : []));
  expect(new Set(from)).toEqual(new Set([forced.end().run]));
});

test('a commit of a person on the branch is never replaced', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  repository.git('checkout', '--quiet', 'fanfold/tidy');
  const mine = repository.commit({ 'mine.txt': 'mine\n' });
  repository.git('checkout', '--quiet', 'main');
  const second = await runFanfold(['run', 'fanfold.yml'], { folder: repository.folder });
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toMatch(/fanfold\/tidy.*exists already/);
  expect(second.stderr).toMatch(/--into/);
  expect(repository.git('rev-parse', 'fanfold/tidy')).toBe(mine);
  expect(statesOf(await run(repository.folder, '--into', 'other'))).toEqual({ cached: everything });
});

test('work that is reused must pass the gates again', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  writeFileSync(join(repository.folder, 'refused'), '');
  const second = await run(repository.folder);
  expect(second.exitCode).toBe(3);
  const states = statesOf(second);
  expect(states).toEqual({ cached: ['tidy-p1', 'tidy-p2', 'tidy-p3'], failed: ['list', 'tidy-p0'] });
  const failed = second.events().find((event) => event.type === 'subtask-end' && event.subtask === 'tidy-p0');
  expect(failed).toMatchObject({ error: { code: 'gate-failed', next: expect.stringContaining('--force') } });
  expect(repository.read('fanfold/tidy', 'src/p0/index.js')).toBe('var value0 = 0;\n');
});

test('what git has thrown away, and what is no valid result any more, is done anew', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  repository.git('branch', '-D', 'fanfold/tidy');
  repository.git('reflog', 'expire', '--expire=now', '--all');
  repository.git('prune', '--expire=now');
  expect(statesOf(await run(repository.folder))).toEqual({ landed: everything });
  const results = join(repository.folder, '.fanfold', 'results');
  for (const name of readdirSync(results, { recursive: true }) as string[]) {
    if (name.endsWith('.json')) writeFileSync(join(results, name), '{"format":1}');
  }
  expect(statesOf(await run(repository.folder))).toEqual({ landed: everything });
});

test('nothing runs where a repository brings results with it', async () => {
  const repository = refactorRepository();
  expect((await run(repository.folder)).exitCode).toBe(0);
  repository.git('add', '--force', '.fanfold/results');
  repository.git('commit', '--quiet', '-m', 'results');
  const refused = await run(repository.folder);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('under version control');
});

test('agents are not asked again; with inputs, one changed file asks one of them', async () => {
  await using api = await createSimulatedApi({
    script(_request, { turn, firstUserText }) {
      const [, name = ''] = /subject=(\w+);/.exec(firstUserText) ?? [];
      const input = { file_path: `src/${name}.md`, content: `Marked ${name}.\n` };
      if (turn === 0) return { content: [{ type: 'tool_use', name: 'Write', input }] };
      return { content: [{ type: 'text', text: 'Done.' }] };
    },
  });
  const repository = temporaryRepository({
    'src/a.js': 'a\n',
    'src/b.js': 'b\n',
    'src/c.js': 'c\n',
    'fanfold.yml': `version: 1
name: mark
subtasks:
  - id: mark-\${{ item.name }}
    forEach: { files: "src/*.js" }
    prompt: "Mark it. subject=\${{ item.name }};"
    inputs: ["\${{ item.path }}"]
`,
  });
  const options = { folder: repository.folder, environment: api.environment };
  const ask = () => runFanfold(['run', 'fanfold.yml', '--json'], options);
  const first = await ask();
  expect(statesOf(first)).toEqual({ landed: ['mark-a', 'mark-b', 'mark-c'] });
  const asked = api.requests.length;
  expect(asked).toBe(6);

  const second = await ask();
  expect(statesOf(second)).toEqual({ cached: ['mark-a', 'mark-b', 'mark-c'] });
  expect(second.end().usage).toMatchObject({ inputTokens: 0, outputTokens: 0, usd: 0 });
  expect(api.requests).toHaveLength(asked);

  repository.commit({ 'src/b.js': 'bb\n', 'README.md': 'more\n' });
  const third = await ask();
  expect(statesOf(third)).toEqual({ cached: ['mark-a', 'mark-c'], landed: ['mark-b'] });
  expect(api.requests).toHaveLength(asked + 2);
  expect(repository.read('fanfold/mark', 'src/b.md')).toBe('Marked b.\n');
});

/** Messages of the notices that say how a changed item could run one subtask again. */
function adviceOf(result: FanfoldResult): string[] {
  const notices = result.events().flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  return notices.filter((message) => message.includes('declare `inputs`'));
}

test('without inputs an agent depends on the whole tree; a changed item asks all of them, and that is said', async () => {
  await using api = await createSimulatedApi({
    script: () => ({ content: [{ type: 'text', text: 'Read.' }] }),
  });
  const text = (more = '') => `version: 1
name: read
defaults: { permissions: { mode: plan }${more} }
subtasks:
  - { id: "read-\${{ item.name }}", forEach: { jsonl: items.jsonl }, prompt: "Read \${{ item.what }}" }
`;
  const items = (...what: string[]) =>
    what.map((word, index) => JSON.stringify({ name: index, what: word })).join('\n');
  const repository = temporaryRepository({ 'fanfold.yml': text(), 'items.jsonl': items('x', 'y', 'z') });
  const options = { folder: repository.folder, environment: api.environment };
  const ask = () => runFanfold(['run', 'fanfold.yml', '--json'], options);
  const all = ['read-0', 'read-1', 'read-2'];
  expect(statesOf(await ask())).toEqual({ unchanged: all });
  expect(statesOf(await ask())).toEqual({ cached: all });
  repository.commit({ 'items.jsonl': items('x', 'other', 'z') });
  const changed = await ask();
  expect(statesOf(changed)).toEqual({ unchanged: all });
  const [advice, ...more] = adviceOf(changed);
  expect(more).toEqual([]);
  expect(advice).toContain('3 subtasks depend on every file, and only fanfold.yml or items.jsonl has changed');
  repository.commit({ 'code.js': 'x\n' });
  const elsewhere = await ask();
  expect(statesOf(elsewhere)).toEqual({ unchanged: all });
  expect(adviceOf(elsewhere)).toEqual([]);

  // What it advises does what it says.
  repository.commit({ 'fanfold.yml': text(', inputs: []') });
  expect(statesOf(await ask())).toEqual({ unchanged: all });
  repository.commit({ 'items.jsonl': items('x', 'again', 'z'), 'code.js': 'y\n' });
  expect(statesOf(await ask())).toEqual({ cached: ['read-0', 'read-2'], unchanged: ['read-1'] });
  repository.commit({ 'fanfold.yml': text(', inputs: ["**", "!items.jsonl", "!fanfold.yml"]') });
  expect(statesOf(await ask())).toEqual({ unchanged: all });
  repository.commit({ 'items.jsonl': items('x', 'once more', 'z') });
  expect(statesOf(await ask())).toEqual({ cached: ['read-0', 'read-2'], unchanged: ['read-1'] });
});

test('a command that reads the data file itself is done again when any of it changes', async () => {
  const sum = `const rows = JSON.parse(require('fs').readFileSync('items.json', 'utf8'));
console.log(rows.reduce((total, { price }) => total + price, 0));
`;
  const repository = temporaryRepository({
    'sum.js': sum,
    'items.json': JSON.stringify([
      { name: 'one', price: 1 },
      { name: 'two', price: 2 },
    ]),
    'fanfold.yml': `version: 1
name: sums
subtasks:
  - { id: "sum-\${{ item.name }}", forEach: { json: items.json }, run: "node sum.js > sum-\${{ item.name }}" }
`,
  });
  expect(statesOf(await run(repository.folder))).toEqual({ landed: ['sum-one', 'sum-two'] });
  repository.commit({ 'items.json': (repository.read('main', 'items.json') ?? '').replace('2', '20') });
  expect(statesOf(await run(repository.folder))).toEqual({ landed: ['sum-one', 'sum-two'] });
  expect(repository.read('fanfold/sums', 'sum-one')).toBe('21\n');
});

test('a command is done again when a variable that it can see and depends on has changed', async () => {
  const repository = temporaryRepository({
    'show.sh': 'echo $HIDDEN\n',
    'fanfold.yml': `version: 1
name: modes
subtasks:
  - { id: named, run: "echo $MODE_OF_BUILD > named" }
  - { id: hidden, run: "sh show.sh > hidden", inputVariables: ["HIDD*"] }
  - { id: neither, run: "echo > neither" }
`,
  });
  const runWith = (environment: Record<string, string>) =>
    runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder, environment });
  const all = ['hidden', 'named', 'neither'];
  expect(statesOf(await runWith({ MODE_OF_BUILD: 'debug', HIDDEN: '1' }))).toEqual({ landed: all });
  expect(statesOf(await runWith({ MODE_OF_BUILD: 'debug', HIDDEN: '1', OTHER: 'x' }))).toEqual({ cached: all });
  const release = await runWith({ MODE_OF_BUILD: 'release', HIDDEN: '2' });
  expect(statesOf(release)).toEqual({ landed: ['hidden', 'named'], cached: ['neither'] });
  expect(['named', 'hidden'].map((file) => repository.read('fanfold/modes', file))).toEqual(['release\n', '2\n']);
  expect(statesOf(await runWith({ MODE_OF_BUILD: 'debug', HIDDEN: '2', NODE_ENV: 'x' }))).toEqual({ landed: all });
});

const batch = `version: 1
name: batch
defaults: { workspace: none, inputs: ["in/\${{ item.name }}.txt"] }
subtasks:
  - id: count-\${{ item.name }}
    forEach: { jsonl: items.jsonl }
    run: wc -c < in/\${{ item.name }}.txt | tee out-\${{ item.name }}.txt
    writes: ["out-\${{ item.name }}.txt"]
    output: { schema: { type: number } }
`;

test('outside git, a changed input or item, or an output that is gone, runs its command again', async () => {
  const fixture = temporaryRepository({ 'in/a.txt': 'a', 'in/b.txt': 'bb', 'in/c.txt': 'ccc', 'fanfold.yml': batch });
  rmSync(join(fixture.folder, '.git'), { recursive: true });
  const items = (...rows: [string, number][]) => rows.map(([name, n]) => `${JSON.stringify({ name, n })}\n`).join('');
  const put = (path: string, content: string) => writeFileSync(join(fixture.folder, path), content);
  put('items.jsonl', items(['a', 1], ['b', 1], ['c', 1]));
  const outputs = (result: FanfoldResult) =>
    readFileSync(join(result.end().folder, 'results.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .sort((left, right) => (left.subtask < right.subtask ? -1 : 1));
  const all = ['count-a', 'count-b', 'count-c'];
  const first = await run(fixture.folder);
  expect(statesOf(first)).toEqual({ landed: all });
  const second = await run(fixture.folder);
  expect(statesOf(second)).toEqual({ cached: all });
  expect(outputs(second)).toEqual(outputs(first));
  expect(outputs(second)).toHaveLength(3);

  put('items.jsonl', items(['a', 1], ['b', 2], ['c', 1]));
  expect(statesOf(await run(fixture.folder))).toEqual({ cached: ['count-a', 'count-c'], landed: ['count-b'] });
  put('in/c.txt', 'cccc');
  const changed = await run(fixture.folder);
  expect(statesOf(changed)).toEqual({ cached: ['count-a', 'count-b'], landed: ['count-c'] });
  expect(outputs(changed).map(({ output }) => output)).toEqual([1, 2, 4]);
  rmSync(join(fixture.folder, 'out-a.txt'));
  expect(statesOf(await run(fixture.folder))).toEqual({ cached: ['count-b', 'count-c'], landed: ['count-a'] });
  expect(existsSync(join(fixture.folder, 'out-a.txt'))).toBe(true);
});

test('what a copy came to is put into the folder again', async () => {
  const fixture = temporaryRepository({
    'in.txt': 'in\n',
    'fanfold.yml': `version: 1
name: copies
defaults: { workspace: copy }
subtasks:
  - { id: make, run: "date +%N > out.txt", inputs: [in.txt] }
  - { id: unknown, run: "true" }
`,
  });
  expect(statesOf(await run(fixture.folder))).toEqual({ landed: ['make'], unchanged: ['unknown'] });
  const made = readFileSync(join(fixture.folder, 'out.txt'), 'utf8');
  rmSync(join(fixture.folder, 'out.txt'));
  const second = await run(fixture.folder);
  expect(statesOf(second)).toEqual({ cached: ['make'], unchanged: ['unknown'] });
  expect(readFileSync(join(fixture.folder, 'out.txt'), 'utf8')).toBe(made);
  // A file of somebody else is in its place: it can't be put there, so the command works on what is there.
  writeFileSync(join(fixture.folder, 'out.txt'), 'mine\n');
  const third = await run(fixture.folder);
  expect(statesOf(third)).toEqual({ landed: ['make'], unchanged: ['unknown'] });
  expect(readFileSync(join(fixture.folder, 'out.txt'), 'utf8')).toMatch(/^\d{9}\n$/);
});

test('work in a copy is not kept where one of its inputs was changed during the run', async () => {
  const outside = temporaryFolder();
  const folder = temporaryFolder();
  const put = (path: string, content: string) => writeFileSync(join(folder, path), content);
  put('source', 'v1');
  put(
    'fanfold.yml',
    `version: 1
name: copies
concurrency: 1
defaults: { workspace: copy, inputs: [source] }
subtasks:
  - { id: first, run: "touch ${outside}/begun; while [ ! -e ${outside}/go ]; do sleep 0.05; done; echo 1 > first" }
  - { id: build, needs: [first], run: "cat source > built" }
  - { id: other, run: "echo > other", inputs: [fanfold.yml] }
`,
  );
  const first = startFanfold(['run', 'fanfold.yml', '--json'], { folder });
  await until(() => existsSync(join(outside, 'begun')), 'the first is at work');
  put('source', 'v2');
  writeFileSync(join(outside, 'go'), '');
  expect(statesOf(await first.ended)).toEqual({ landed: ['build', 'first', 'other'] });
  expect(readFileSync(join(folder, 'built'), 'utf8')).toBe('v2');
  put('source', 'v1');
  for (const name of ['first', 'built', 'other']) rmSync(join(folder, name));
  expect(statesOf(await run(folder))).toEqual({ landed: ['build', 'first'], cached: ['other'] });
  expect(readFileSync(join(folder, 'built'), 'utf8')).toBe('v1');
  for (const name of ['first', 'built', 'other']) rmSync(join(folder, name));
  expect(statesOf(await run(folder))).toEqual({ cached: ['build', 'first', 'other'] });
});

test.each(['copy', 'none'])('work in %s is not kept where one of its inputs went away meanwhile', async (workspace) => {
  const folder = temporaryFolder();
  const put = (path: string, content: string) => writeFileSync(join(folder, path), content);
  put('queue-a', 'a');
  put('queue-b', 'b');
  put('sum.sh', 'printf \'"%s"\' "$(cat queue-*)"\n');
  put(
    'fanfold.yml',
    `version: 1
name: queue
defaults: { workspace: ${workspace} }
subtasks:
  - { id: sum, run: sh sum.sh, inputs: ["queue-*", sum.sh], output: { schema: { type: string } } }
  - { id: eat, needs: [sum], run: rm -f queue-a, inputs: [fanfold.yml] }
`,
  );
  const sumOf = (result: FanfoldResult) => readFileSync(join(result.end().folder, 'results.jsonl'), 'utf8');
  const first = await run(folder);
  expect(sumOf(first)).toContain('"ab"');
  expect(existsSync(join(folder, 'queue-a'))).toBe(false);
  const second = await run(folder);
  expect(sumOf(second)).toContain('"b"');
});

test.each([
  ['another', 'release', ['landed', 'cached']],
  ['the same', 'debug', ['cached', 'cached']],
])('what a worker process with %s value of a variable did', async (_which, mode, expected) => {
  const outside = temporaryFolder();
  const waits = `touch ${outside}/begun-$FANFOLD_SUBTASK; while [ ! -e ${outside}/go ]; do sleep 0.05; done`;
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: modes
subtasks:
  - { id: a, run: "${waits}; echo $MODE_OF_BUILD > a" }
  - { id: b, run: "${waits}; echo $MODE_OF_BUILD > b" }
`,
  });
  const place = { folder: repository.folder, environment: { MODE_OF_BUILD: 'debug' } };
  const first = startFanfold(['run', 'fanfold.yml', '--json', '--threads', '1', '--concurrency', '1'], place);
  const begun = () => ['a', 'b'].filter((id) => existsSync(join(outside, `begun-${id}`)));
  await until(() => begun().length === 1, 'its own thread works');
  const theirs = begun().includes('a') ? 'b' : 'a';
  const own = theirs === 'a' ? 'b' : 'a';
  const worker = startFanfold(['worker', '--concurrency', '1', '--threads', '1'], {
    folder: repository.folder,
    environment: { MODE_OF_BUILD: mode },
  });
  await until(() => begun().length === 2, 'the worker has the other');
  writeFileSync(join(outside, 'go'), '');
  expect(statesOf(await first.ended)).toEqual({ landed: ['a', 'b'] });
  expect((await worker.ended).exitCode).toBe(0);
  expect(repository.read('fanfold/modes', theirs)).toBe(`${mode}\n`);

  const second = await runFanfold(['run', 'fanfold.yml', '--json'], place);
  const states = statesOf(second);
  const stateOf = (id: string) => Object.keys(states).find((state) => states[state]?.includes(id));
  expect([stateOf(theirs), stateOf(own)]).toEqual(expected);
  expect(repository.read('fanfold/modes', theirs)).toBe('debug\n');
});

test('what a dead coordinator handed out is not kept for the files that the next one finds', async () => {
  const outside = temporaryFolder();
  const folder = temporaryFolder();
  const put = (path: string, content: string) => writeFileSync(join(folder, path), content);
  put('source', 'v1');
  put(
    'show.sh',
    `value=$(cat source); touch ${outside}/begun-$1; while [ ! -e ${outside}/go ]; do sleep 0.05; done; printf '"%s"' "$value"`,
  );
  put(
    'fanfold.yml',
    `version: 1
name: shows
defaults: { workspace: none, inputs: [source, show.sh] }
subtasks:
  - { id: a, run: sh show.sh a, output: { schema: { type: string } } }
  - { id: b, run: sh show.sh b, output: { schema: { type: string } } }
`,
  );
  const first = startFanfold(['run', 'fanfold.yml', '--json', '--threads', '1', '--concurrency', '1'], { folder });
  const begun = () => ['a', 'b'].filter((id) => existsSync(join(outside, `begun-${id}`)));
  await until(() => begun().length === 1, 'its own thread works');
  const [own] = begun();
  const worker = startFanfold(['worker', '--concurrency', '1', '--threads', '1'], { folder });
  await until(() => begun().length === 2, 'the worker has the other');
  first.child.kill('SIGKILL');
  await first.ended;
  writeFileSync(join(outside, 'go'), '');
  expect((await worker.ended).exitCode).toBe(0);
  put('source', 'v2');
  const outputsOf = (result: FanfoldResult) => readFileSync(join(result.end().folder, 'results.jsonl'), 'utf8');
  const resumed = outputsOf(await runFanfold(['resume', '--json'], { folder }));
  expect(resumed).toContain(`{"subtask":"${own}","output":"v2"}`);
  expect(resumed).toContain('"v1"');
  const third = outputsOf(await run(folder));
  expect(third.match(/"v2"/g)).toHaveLength(2);
});
