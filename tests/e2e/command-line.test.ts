import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const wrong: [name: string, taskFile: string, says: RegExp][] = [
  ['an unknown key', 'version: 1\nname: x\nsubtask: []\n', /fanfold\.yml:3:1.*subtasks/s],
  [
    'a cycle',
    'version: 1\nname: x\nsubtasks: [{ id: a, needs: [b], run: "1" }, { id: b, needs: [a], run: "1" }]\n',
    /a → b → a/,
  ],
  [
    'an unknown need',
    'version: 1\nname: x\nsubtasks: [{ id: aa, run: "1" }, { id: b, needs: [ab], run: "1" }]\n',
    /ab.*aa/s,
  ],
  [
    'a duplicate id',
    'version: 1\nname: x\nsubtasks: [{ id: a, run: "1" }, { id: a, run: "2" }]\n',
    /a.*more than once|duplicate|twice/is,
  ],
  ['a path escape', 'version: 1\nname: x\nsubtasks: [{ id: a, run: "1", writes: ["../x"] }]\n', /\.\.\/x/],
  [
    'an empty expansion',
    'version: 1\nname: x\nsubtasks: [{ id: "a-${{ item.name }}", forEach: { glob: "no/*" }, run: "1" }]\n',
    /no\/\*|allowEmpty/,
  ],
  ['two executors', 'version: 1\nname: x\nsubtasks: [{ id: a, run: "1", prompt: "2" }]\n', /exactly one/i],
  ['broken YAML', 'version: 1\nname: [x\n', /fanfold\.yml:\d+:\d+/],
];

test.each(wrong)('%s is refused with exit code 2 and nothing is written', async (_name, taskFile, says) => {
  const repository = temporaryRepository();
  writeFileSync(join(repository.folder, 'fanfold.yml'), taskFile);
  const run = await runFanfold(['run', 'fanfold.yml'], { folder: repository.folder });
  expect(run.exitCode, run.stderr).toBe(2);
  expect(run.stderr).toMatch(says);
  expect(run.stderr).toMatch(/next: /);
  expect(run.stdout).toBe('');
  expect(existsSync(join(repository.folder, '.fanfold'))).toBe(false);
});

test('wrong usage says what to do', async () => {
  const folder = temporaryFolder();
  for (const args of [
    [],
    ['rum'],
    ['run'],
    ['run', 'missing.yml'],
    ['run', 'x.yml', '--concurrency', '0'],
    ['run', 'x', '--nope'],
  ]) {
    const run = await runFanfold(args, { folder });
    expect(run.exitCode, args.join(' ')).toBe(2);
    expect(run.stderr, args.join(' ')).toMatch(/next: /);
    expect(run.stdout).toBe('');
  }
});

test('init writes a task file that is valid, and keeps one that is there', async () => {
  const repository = temporaryRepository({ 'src/a': '1' });
  const first = await runFanfold(['init'], { folder: repository.folder });
  expect(first.exitCode, first.stderr).toBe(0);
  const plan = await runFanfold(['plan', 'fanfold.yml'], { folder: repository.folder });
  expect(plan.exitCode, plan.stderr).toBe(0);
  expect(plan.stdout).toContain('list-src');
  const second = await runFanfold(['init'], { folder: repository.folder });
  expect(second.exitCode).toBe(2);
  expect(second.stderr).not.toContain('EEXIST');
  expect((await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder })).end().exitCode).toBe(0);
});

test('init in a folder of the repository names a path that works from there', async () => {
  const repository = temporaryRepository({ 'my folder/a': '1' });
  const place = { folder: join(repository.folder, 'my folder') };
  const { stdout } = await runFanfold(['init'], place);
  const [, path = ''] = /fanfold plan (\S+)\n/.exec(stdout) ?? [];
  expect(path).toBe('../fanfold.yml');
  expect((await runFanfold(['plan', path], place)).exitCode).toBe(0);
});

test('outside git init asks for copies, and a plan with worktrees is refused as its run is', async () => {
  const folder = temporaryFolder();
  expect((await runFanfold(['init'], { folder })).exitCode).toBe(0);
  expect((await runFanfold(['plan', 'fanfold.yml'], { folder })).exitCode).toBe(0);
  expect((await runFanfold(['run', 'fanfold.yml', '--json'], { folder })).end()).toMatchObject({ exitCode: 0 });
  writeFileSync(join(folder, 'trees.yml'), 'version: 1\nname: x\nsubtasks: [{ id: a, run: ls }]\n');
  for (const command of ['plan', 'run']) {
    const refused = await runFanfold([command, 'trees.yml'], { folder });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('is not inside a git repository, and the task file asks for worktrees');
  }
});

test('two runs never write into one branch at a time, also before it exists', async () => {
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: r
subtasks:
  - { id: slow, run: "while [ ! -e ${'$'}GO ]; do sleep 0.05; done; echo slow > slow" }
`,
  });
  const go = join(temporaryFolder(), 'go');
  const place = { folder: repository.folder, environment: { GO: go } };
  const first = startFanfold(['run', 'fanfold.yml', '--json'], place);
  await until(() => first.stdout().includes('subtask-start'), 'the first is at work');
  expect((await runFanfold(['status', 'r'], place)).stdout).toMatch(/running {2}1: slow/);
  const second = await runFanfold(['run', 'fanfold.yml'], place);
  expect(second.exitCode).toBe(2);
  const [run = ''] = readdirSync(join(repository.folder, '.fanfold/runs'));
  expect(second.stderr).toContain(`The run ${run} is at work on the branch fanfold/r.`);
  expect(second.stderr).toContain(`fanfold cancel ${run}`);
  expect(readdirSync(join(repository.folder, '.fanfold/runs'))).toEqual([run]);
  const elsewhere = startFanfold(['run', 'fanfold.yml', '--into', 'fanfold/other', '--json'], place);
  writeFileSync(go, '');
  expect((await first.ended).end()).toMatchObject({ exitCode: 0 });
  expect((await elsewhere.ended).end()).toMatchObject({ exitCode: 0 });
  expect((await runFanfold(['run', 'fanfold.yml', '--json'], place)).end()).toMatchObject({ exitCode: 0 });
  expect(leftovers(repository)).toEqual([]);
});

test('--dry-run shows the plan and starts nothing', async () => {
  const repository = temporaryRepository({
    'fanfold.yml': 'version: 1\nname: x\nsubtasks: [{ id: only-one, run: "touch y" }]\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--dry-run'], { folder: repository.folder });
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('only-one');
  expect(existsSync(join(repository.folder, '.fanfold'))).toBe(false);
});

test('schema is JSON Schema, doctor tells what there is, completion prints a script', async () => {
  const repository = temporaryRepository();
  const schema = JSON.parse((await runFanfold(['schema'], { folder: repository.folder })).stdout);
  expect(schema).toMatchObject({ type: 'object', required: expect.arrayContaining(['version', 'name', 'subtasks']) });
  const doctor = await runFanfold(['doctor', '--json'], { folder: repository.folder });
  const findings = JSON.parse(doctor.stdout) as { subject: string; state: string; next?: string }[];
  expect(findings.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(['Node', 'git', 'ripgrep', 'sandbox', 'model', 'disk']),
  );
  expect(findings.find(({ subject }) => subject === 'model')).toMatchObject({
    state: 'warning',
    next: expect.stringContaining('ANTHROPIC_API_KEY'),
  });
  expect((await runFanfold(['completion'], { folder: repository.folder })).stdout).toContain('fanfold');
});

test('a module is code and runs only when trusted', async () => {
  const repository = temporaryRepository({
    'tasks.mjs': "export default { version: 1, name: 'module', subtasks: [{ id: 'a', run: 'echo 1 > a' }] };\n",
  });
  const refused = await runFanfold(['run', 'tasks.mjs'], { folder: repository.folder });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/--trust/);
  const run = await runFanfold(['run', 'tasks.mjs', '--trust', '--json'], { folder: repository.folder });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
});

test('plain lines carry no control sequences and end with the report', async () => {
  const repository = temporaryRepository({
    'fanfold.yml': 'version: 1\nname: x\nsubtasks: [{ id: a, run: "echo 1 > a" }]\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml'], { folder: repository.folder });
  expect(run.exitCode).toBe(0);
  expect(run.stdout).not.toContain('\u001b');
  expect(run.stdout).toMatch(/git merge fanfold\/x/);
});
