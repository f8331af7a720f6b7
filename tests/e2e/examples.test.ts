import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import { folderLeftovers, leftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const examples = resolve(import.meta.dirname, '../../examples');

/** A repository that holds a copy of an example. */
function withExample(name: string, files: Record<string, string> = {}): TestRepository {
  const repository = temporaryRepository(files);
  cpSync(join(examples, name), repository.folder, { recursive: true });
  repository.commit({}, name);
  return repository;
}

test('batch-job: one command for each row of a CSV, the outputs collected', async () => {
  const folder = temporaryFolder();
  const place = join(folder, 'examples/batch-job');
  cpSync(join(examples, 'batch-job'), place, { recursive: true });
  const again = () => runFanfold(['run', 'examples/batch-job/fanfold.yml', '--json'], { folder });
  const end = (await again()).end();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { total: 8, landed: 8 } });
  const results = readFileSync(join(end.folder, 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { subtask: string; output: { order: number; customer: string; total: number } });
  expect(results.map(({ output }) => output.order).sort()).toEqual([1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008]);
  expect(results.find(({ subtask }) => subtask === 'invoice-1003')?.output.customer).toBe('Hopper, Grace');
  expect(results.find(({ subtask }) => subtask === 'invoice-1006')?.output).toMatchObject({
    customer: "O'Brien & Sons",
    total: 19.37,
  });
  const orders = readFileSync(join(place, 'orders.csv'), 'utf8');
  writeFileSync(join(place, 'orders.csv'), orders.replace('80.00', '81.00'));
  expect((await again()).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1, cached: 7 } });
  expect(folderLeftovers(folder)).toEqual([]);
});

test('agents: a model documents each file, then writes the overview', async () => {
  const repository = withExample('agents');
  await using api = await createSimulatedApi({
    script(_request, { turn, lastUserText, firstUserText, toolResults }) {
      const task = `${firstUserText}\n${lastUserText}`;
      if (task.includes('Write API.md')) {
        const paths = ['src/area.js', 'src/price.js'];
        if (turn === 0)
          return { content: paths.map((file_path) => ({ type: 'tool_use', name: 'Read', input: { file_path } })) };
        if (turn > 1) return { content: [{ type: 'text', text: 'The overview is written.' }] };
        // It needs the landed work of the others: their comments are there.
        const names = toolResults.flatMap(({ text }) =>
          [...text.matchAll(/Documented: (\w+)/g)].map((match) => match[1]),
        );
        return {
          content: [
            { type: 'tool_use', name: 'Write', input: { file_path: 'API.md', content: `${names.join('\n')}\n` } },
          ],
        };
      }
      const [, file_path = ''] = /file: (\S+)/.exec(task) ?? [];
      if (turn === 0) return { content: [{ type: 'tool_use', name: 'Read', input: { file_path } }] };
      if (turn > 1) return { content: [{ type: 'text', text: 'Documented.' }] };
      const names = [...(toolResults[0]?.text ?? '').matchAll(/export function (\w+)/g)].map((match) => match[1] ?? '');
      return {
        content: names.map((name) => ({
          type: 'tool_use',
          name: 'Edit',
          input: {
            file_path,
            old_string: `export function ${name}`,
            new_string: `/** Documented: ${name} */\nexport function ${name}`,
          },
        })),
      };
    },
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  api.assertFinished();
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 3, landed: 3 } });
  expect(repository.read('fanfold/document', 'API.md').trim().split('\n').sort()).toEqual([
    'circleArea',
    'discounted',
    'rectangleArea',
    'withTax',
  ]);
  expect(leftovers(repository)).toEqual([]);
});

test('agent-from-code: a program runs an agent with a tool of its own, without a key', () => {
  const program = join(examples, 'agent-from-code', 'agent.js');
  const output = execFileSync(process.execPath, [program], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  expect(output.split('\n')).toEqual([
    'Read: north.txt',
    'Read: south.txt',
    'convert: {"amount":120.5,"currency":"USD"}',
    'convert: {"amount":80,"currency":"CHF"}',
    'submit_result: the result',
    '{ invoices: 2, totalEur: 192.45 }',
    '',
  ]);
  // What the documentation says of a Model.
  const model = readFileSync(join(examples, 'agent-from-code', 'scripted-model.js'), 'utf8');
  expect(model.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
});

test('ci: the task file of the workflow fixes each package', async () => {
  const repository = withExample('ci', {
    'packages/one/index.js': 'exports.has = (list, item) => list.indexOf(item) !== -1;\n',
    'packages/two/index.js': 'exports.own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--into', 'fanfold/pr-1'], {
    folder: repository.folder,
  });
  expect(run.end()).toMatchObject({ exitCode: 0, branch: 'fanfold/pr-1', subtasks: { total: 2, landed: 2 } });
  expect(repository.read('fanfold/pr-1', 'packages/one/index.js')).toContain('list.includes(item)');
  expect(repository.read('fanfold/pr-1', 'packages/two/index.js')).toContain('Object.hasOwn(object, key)');
});

test('checks: scores say what is wanting, and rise when it is mended', async () => {
  const folder = temporaryFolder();
  cpSync(join(examples, 'checks'), folder, { recursive: true });
  const again = () => runFanfold(['run', 'fanfold.yml', '--trust', '--json'], { folder });
  const first = await again();
  expect(first.end(), first.stderr).toMatchObject({ exitCode: 3, subtasks: { landed: 1, failed: 1 } });
  const checks = first.events().flatMap((event) => (event.type === 'check-end' ? [event] : []));
  expect(
    checks.find(({ check, subtask }) => check.name === 'documented' && subtask === 'document-price')?.check,
  ).toMatchObject({
    passed: false,
    score: 0.5,
    outputTail: 'src/price.js:7: discounted has no comment',
  });
  expect(checks.filter(({ check }) => check.name !== 'documented').every(({ check }) => check.passed)).toBe(true);
  const script = join(folder, 'document.mjs');
  const text = readFileSync(script, 'utf8');
  writeFileSync(
    script,
    text.replace('const comments = {', "const comments = { discounted: 'A price less a share of it.',"),
  );
  expect((await again()).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1, unchanged: 1 } });
  const status = await runFanfold(['status', '--scores', '--json'], { folder });
  const means = JSON.parse(status.stdout).map(({ scores }: { scores: { mean?: number }[] }) => scores[0]?.mean);
  expect(means).toEqual([1, 0.75]);
  expect(folderLeftovers(folder)).toEqual([]);
});

test('parallel-refactor: the demo lands every part of a real package, verified, and says where it lies', () => {
  const output = execFileSync(process.execPath, [join(examples, 'parallel-refactor', 'demo.js')], { encoding: 'utf8' });
  const repository = /^The repository: (\/.*)$/m.exec(output)?.[1] ?? '';
  onTestFinished(() => rmSync(dirname(repository), { recursive: true, force: true }));
  expect(output).toContain('22 subtasks done: 22 landed');
  expect(output).toMatch(/behaviour {2}passed/);
  expect(output).toMatch(/Lines that declare with var: 2631 before, 145 after/);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  expect(git('rev-list', '--count', '--merges', 'fanfold/no-var')).toBe('22');
  expect(git('status', '--porcelain')).toBe('');
  expect(leftovers({ folder: repository, git })).toEqual([]);
}, 240_000);
