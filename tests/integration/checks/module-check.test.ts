import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../../tasks/index.ts';
import { until } from '../../support/run-fanfold.ts';
import { judged, moduleCheck } from './judged.ts';

test('a function gets what is known of the work, and its score and evidence are the result', async () => {
  const text = `import { defineCheck } from 'fanfold';
    import { half } from './lib/half.mjs';
    export default defineCheck({
      name: 'half',
      async check({ folder, on, goal, subtask, base, changedFiles, diff, outcome, variables, run }) {
        console.log('printed');
        const { exitCode, output } = await run('pwd; echo "$FANFOLD_ITEM_NAME"; exit 4');
        const seen = { on, goal, subtask, base, changedFiles, diff: await diff(), outcome, variables, exitCode };
        return { score: half, evidence: JSON.stringify({ ...seen, here: output.startsWith(folder) && process.cwd() === folder }) };
      },
    });`;
  const { results, logFolder } = await judged({
    ...moduleCheck(text, {}, [{ path: 'lib/half.mjs', text: 'export const half = 0.5;' }]),
    environment: { FANFOLD_ITEM_NAME: 'apple' },
    subject: {
      goal: 'Grow',
      subtask: { id: 'part', prompt: 'Do it' },
      base: 'abc',
      changedFiles: ['a.txt'],
      outcome: { output: { n: 1 }, summary: 'Done.' },
      writeDiff: async (path) => writeFileSync(path, '+one\n'),
    },
  });
  expect(results).toMatchObject([{ name: 'own', passed: true, score: 0.5, exitCode: 0 }]);
  expect(JSON.parse(results[0]?.outputTail ?? '')).toEqual({
    on: 'workspace',
    goal: 'Grow',
    subtask: { id: 'part', prompt: 'Do it' },
    base: 'abc',
    changedFiles: ['a.txt'],
    diff: '+one\n',
    outcome: { output: { n: 1 }, summary: 'Done.' },
    variables: { FANFOLD_ITEM_NAME: 'apple' },
    exitCode: 4,
    here: true,
  });
  expect(readFileSync(join(logFolder, 'check-own.log'), 'utf8')).toBe('printed\n');
  expect(readdirSync(logFolder)).toEqual(['check-own.log']);
});

const returning = (value: string, more = {}) =>
  judged(moduleCheck(`export default { check: () => (${value}) };`, more)).then(({ results }) => results[0]);

test('what passes: true, a result that says so, a score that reaches the minimum', async () => {
  expect(await returning('true')).toMatchObject({ passed: true });
  expect(await returning('false')).toMatchObject({ passed: false });
  expect(await returning('({ passed: false, score: 1 })')).toMatchObject({ passed: false, score: 1 });
  expect(await returning('({ score: 0.1 })')).toMatchObject({ passed: true, score: 0.1 });
  expect(await returning('({ score: 0.5 })', { minimum: 0.5 })).toMatchObject({ passed: true, minimum: 0.5 });
  expect(await returning('({ score: 0.49 })', { minimum: 0.5 })).toMatchObject({ passed: false, score: 0.49 });
});

test('what is no result does not pass, and is told why', async () => {
  const cases: [value: string, why: string, more?: object][] = [
    ['undefined', 'it returned null; allowed true, false, or { passed?: boolean, score?: 0 to 1, evidence?: string }'],
    ['({ score: 7 })', 'its score is 7;'],
    ['({ passed: "yes" })', 'its passed is "yes";'],
    ['({ pased: true })', 'its result has the unknown key "pased";'],
    ['({ evidence: "x" })', 'its result has neither passed nor score;'],
    ['true', 'It gave no score, and the task file wants at least 0.5.', { minimum: 0.5 }],
    ['(() => { throw new Error("my own error") })()', 'The check failed: Error: my own error'],
    ['process.exit(3)', 'The module ended without a result, exit code 3.'],
  ];
  for (const [value, why, more] of cases) {
    const result = await returning(value, more);
    expect(result, value).toMatchObject({ passed: false });
    expect(result?.outputTail, value).toContain(why);
    expect(result?.score, value).toBeUndefined();
  }
  const { results } = await judged(moduleCheck('export const check = () => true;'));
  expect(results[0]?.outputTail).toContain('its default export has no function check');
});

test('one that hangs is ended with what it has started, within its limit and two seconds', async () => {
  const text = `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    export default { check({ folder }) {
      const child = spawn('sleep', ['600'], { stdio: 'ignore' });
      writeFileSync(folder + '/pid', String(child.pid));
      for (;;) {}
    } };`;
  const { results, folder } = await judged(moduleCheck(text, { timeoutMs: 5_000 }));
  expect(results).toMatchObject([{ passed: false, exitCode: null }]);
  expect(results[0]?.outputTail).toContain('The check did not end within 5 s.');
  const pid = readFileSync(join(folder, 'pid'), 'utf8');
  await until(
    () => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, 'utf8') === '',
    'it is gone',
  );
});

test('one that waits is told by its signal', async () => {
  const text = `import { writeFileSync } from 'node:fs';
    export default { check: ({ signal, folder }) => new Promise((resolve) => {
      setInterval(() => {}, 1_000);
      signal.addEventListener('abort', () => { writeFileSync(folder + '/told', signal.reason.message); resolve(true); });
    }) };`;
  const { results, folder } = await judged(moduleCheck(text, { timeoutMs: 5_000 }));
  expect(results).toMatchObject([{ passed: false }]);
  expect(readFileSync(join(folder, 'told'), 'utf8')).toBe('The check ran out of time.');
});

test('one that prints and returns megabytes fills neither memory nor disk', async () => {
  const text = `export default { check() {
    for (let line = 0; line < 30; line += 1) process.stdout.write('x'.repeat(1_000_000) + '\\n');
    return { passed: false, evidence: 'y'.repeat(900_000) };
  } };`;
  const { results, logFolder } = await judged(moduleCheck(text));
  expect(results).toMatchObject([{ passed: false }]);
  expect(results[0]?.outputTail.length).toBeLessThanOrEqual(4_000);
  expect(statSync(join(logFolder, 'check-own.log')).size).toBeLessThan(11_000_000);
  const huge = await judged(
    moduleCheck(`export default { check: () => ({ evidence: 'y'.repeat(5_000_000), passed: true }) };`),
  );
  expect(huge.results).toMatchObject([
    { passed: false, outputTail: expect.stringContaining('The result of the check has') },
  ]);
});

test('it sees no secret of the worker, and what it finds all the same is taken out of its evidence', async () => {
  process.env['CHECK_TEST_TOKEN'] = 'a-secret-of-the-worker';
  onTestFinished(() => {
    delete process.env['CHECK_TEST_TOKEN'];
  });
  const text = `export default { check: () => {
    const found = ['a-secret', 'of-the-worker'].join('-');
    console.log(found);
    return { passed: true, evidence: (process.env.CHECK_TEST_TOKEN ?? 'nothing') + ' ' + found + '\\u001b[31m' };
  } };`;
  const { results, logFolder } = await judged(moduleCheck(text));
  expect(results[0]).toMatchObject({ passed: true, outputTail: 'nothing [CHECK_TEST_TOKEN]' });
  expect(readFileSync(join(logFolder, 'check-own.log'), 'utf8')).toBe('[CHECK_TEST_TOKEN]\n');
});

test('a command of a module is over when it ends, whatever it left in the background', async () => {
  const text = `export default { async check({ run }) {
    const { exitCode, output } = await run('sleep 60 & echo all; exit 5');
    return { passed: exitCode === 5, evidence: output };
  } };`;
  const { results } = await judged(moduleCheck(text, { timeoutMs: 20_000 }));
  expect(results).toMatchObject([{ passed: true, outputTail: 'all' }]);
});

test('secrets of several lines, or with quotes, are taken out of evidence as well', async () => {
  process.env['CHECK_TEST_TOKEN'] = 'first "line"\nsecond line';
  onTestFinished(() => {
    delete process.env['CHECK_TEST_TOKEN'];
  });
  const found = `['first "line"', 'second line'].join(String.fromCharCode(10))`;
  const { results } = await judged(
    moduleCheck(`export default { check: () => ({ passed: true, evidence: ${found} }) };`),
  );
  expect(results).toMatchObject([{ passed: true, outputTail: '[CHECK_TEST_TOKEN]' }]);
  const { results: failed } = await judged(moduleCheck(`export default { check() { throw ${found}; } };`));
  expect(failed[0]?.outputTail).toBe('The check failed: [CHECK_TEST_TOKEN]');
});

test('packages are those of the repository and of the folders above it, the nearest first', async () => {
  const text = `import { name } from 'near'; import { where } from 'far';
    export default { check: () => ({ passed: true, evidence: name + ' ' + where }) };`;
  const { results } = await judged({
    ...moduleCheck(text),
    prepare({ folder }) {
      const packages = { near: `export const name = 'near';`, far: `export const where = 'above';` };
      for (const [name, code] of Object.entries(packages)) {
        const place = join(folder, name === 'far' ? '..' : '.', 'node_modules', name);
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, 'package.json'), '{"type":"module","exports":"./i.js"}');
        writeFileSync(join(place, 'i.js'), code);
      }
    },
  });
  expect(results).toMatchObject([{ passed: true, outputTail: 'near above' }]);
});

test('a check that can’t be started is no failed work', async () => {
  const environment = { FANFOLD_ITEM_TEXT: 'x'.repeat(200_000) };
  const command: Check = { name: 'c', run: 'true', gate: true, timeoutMs: 20_000, on: ['workspace'] };
  const module = moduleCheck('export default { check: () => true };');
  for (const judging of [{ checks: [command] }, module]) {
    await expect(judged({ ...judging, environment })).rejects.toMatchObject({
      failure: 'transient',
      message: expect.stringMatching(/^The check (c|own) could not be started: .*E2BIG/),
    });
  }
});

test('logs of checks whose names differ are different files', async () => {
  const on = ['workspace' as const];
  const { logFolder } = await judged({
    checks: ['质量', '风格', '__', 'a-b'].map((name) => ({
      name,
      run: `echo ${name}`,
      gate: true,
      timeoutMs: 20_000,
      on,
    })),
  });
  const logs = readdirSync(logFolder).sort();
  expect(logs).toHaveLength(4);
  expect(logs).toEqual(expect.arrayContaining(['check-__.log', 'check-a-b.log']));
});

test('a command prints its score only where the task file asks for it', async () => {
  const on = ['workspace' as const];
  const command = (run: string, more = {}) =>
    judged({ checks: [{ name: 'c', run, gate: true, timeoutMs: 20_000, on, ...more }] }).then(
      ({ results }) => results[0],
    );
  expect((await command('echo score: 0.2'))?.score).toBeUndefined();
  expect(await command('echo score: 0.1; echo "  Score: 0.83 "; echo bye', { score: true })).toMatchObject({
    passed: true,
    score: 0.83,
  });
  expect(await command('echo score: 0.6', { minimum: 0.7 })).toMatchObject({ passed: false, score: 0.6, exitCode: 0 });
  expect(await command('echo score: 1; exit 1', { minimum: 0.7 })).toMatchObject({ passed: false, score: 1 });
  expect(await command('true', { score: true })).toMatchObject({
    passed: false,
    outputTail: expect.stringContaining('It printed no score'),
  });
  expect(await command('echo score: 83', { score: true })).toMatchObject({
    passed: false,
    outputTail: expect.stringContaining('It printed the score 83; allowed a number from 0 to 1.'),
  });
});
