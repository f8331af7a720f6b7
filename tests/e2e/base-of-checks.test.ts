import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { createSimulatedApi, type Script } from '../simulated-api/server.js';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const bash = (command: string) => ({ type: 'tool_use' as const, name: 'Bash', input: { command } });
const done = { content: [{ type: 'text' as const, text: 'Done.' }] };
/** Does that first, and nothing more. */
const once =
  (command: (prompt: string) => string): Script =>
  (_, { turn, firstUserText }) =>
    turn === 0 ? { content: [bash(command(firstUserText))] } : done;

async function scene(script: Script, files: Record<string, string>) {
  const api = await createSimulatedApi({ script });
  const repository = temporaryRepository(files);
  const place = { folder: repository.folder, environment: api.environment };
  const run = async () => {
    const result = await runFanfold(['run', 'fanfold.yml', '--json'], place);
    const ends = Object.fromEntries(
      result.events().flatMap((event) => (event.type === 'subtask-end' ? [[event.subtask, event]] : [])) as [
        string,
        FanfoldEvent & { type: 'subtask-end' },
      ][],
    );
    return { end: result.end(), events: result.events(), ends };
  };
  return { api, repository, place, run, [Symbol.asyncDispose]: () => api.close() };
}

const sums = (rest: string) => ({
  'tests/sum.js':
    "const sum = require('../src/sum.js'); if (sum(2, 2) !== 4) throw new Error('2 and 2 is ' + sum(2, 2));\n",
  'fanfold.yml': `version: 1
name: sums
permissions: { mode: bypassPermissions }
subtasks:
  - id: sum
    prompt: Write src/sum.js, which exports a function of the sum of two numbers.
    checks: [{ name: adds, run: node tests/sum.js }]
${rest}`,
});
const wrong = 'mkdir -p src; echo "module.exports = () => 0" > src/sum.js';
const right = 'echo "module.exports = (a, b) => a + b" > src/sum.js';

test('a check on what a subtask is to create sends its agent back, though it fails on the base', async () => {
  await using at = await scene(
    (_, { turn }) => (turn === 0 ? { content: [bash(wrong)] } : turn === 2 ? { content: [bash(right)] } : done),
    sums(''),
  );
  const { end } = await at.run();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(at.api.requests).toHaveLength(4);
  expect(JSON.stringify(at.api.requests[2]?.body)).toContain('2 and 2 is 0');
  expect(at.repository.read('fanfold/sums', 'src/sum.js')).toContain('a + b');
});

test('and work that never passes it does not land, of one agent or of several', async () => {
  await using at = await scene(
    once(() => wrong),
    sums('    repairs: 0\n    candidates: 2\n'),
  );
  const { end, ends } = await at.run();
  expect(end).toMatchObject({ exitCode: 3, subtasks: { landed: 0, failed: 1 } });
  expect(ends['sum']?.error).toMatchObject({ code: 'check-failed' });
  const { results } = JSON.parse(readFileSync(join(end.folder, 'report.json'), 'utf8'));
  expect(results[0].candidates).toMatchObject([{ passed: false }, { passed: false }]);
});

test('a check of the file is compared with the base by the variables of its own item', async () => {
  await using at = await scene(
    once(() => 'echo "((" > src/a.js'),
    {
      'src/a.js': '1\n',
      'fanfold.yml': `version: 1
name: items
permissions: { mode: bypassPermissions }
defaults: { repairs: 0 }
checks: [{ name: syntax, on: [workspace], run: 'grep -q 1 "$FANFOLD_ITEM_PATH"' }]
subtasks:
  - { id: "tidy-\${{ item.name }}", forEach: { files: ["src/*.js"] }, prompt: Tidy. }
`,
    },
  );
  const { end, ends } = await at.run();
  expect(end).toMatchObject({ exitCode: 3, subtasks: { landed: 0, failed: 1 } });
  expect(ends['tidy-a']?.error?.code).toBe('check-failed');
});

test('and with the commit that its own work began from', async () => {
  await using at = await scene(
    once((prompt) => `echo ${prompt.includes('part=a') ? 1 : 'broken'} > a.txt`),
    {
      'fanfold.yml': `version: 1
name: chain
permissions: { mode: bypassPermissions }
defaults: { repairs: 0 }
checks: [{ name: keeps-a, on: [workspace], run: "grep -q 1 a.txt" }]
subtasks:
  - { id: a, prompt: "part=a" }
  - { id: b, prompt: "part=b", needs: [a] }
`,
    },
  );
  const { end, ends } = await at.run();
  expect(end).toMatchObject({ exitCode: 3, subtasks: { landed: 1, failed: 1 } });
  expect(ends['b']?.error?.code).toBe('check-failed');
  expect(at.repository.read('fanfold/chain', 'a.txt')).toBe('1\n');
});

test('what is excused is told wherever the run is', async () => {
  await using at = await scene(
    once(() => 'echo 1 > one'),
    {
      'fanfold.yml': `version: 1
name: tolerant
permissions: { mode: bypassPermissions }
checks: [{ name: broken-before, run: "test -e never" }]
subtasks: [{ id: one, prompt: Do it. }]
`,
    },
  );
  const { end, events } = await at.run();
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(at.api.requests).toHaveLength(2);
  const checks = events.flatMap((event) => (event.type === 'check-end' ? [event.check] : []));
  expect(checks.at(-1)).toMatchObject({ name: 'broken-before', passed: false, failedOnBase: true });
  const report = readFileSync(join(end.folder, 'report.md'), 'utf8');
  expect(report).toContain('## Failed on the base too, and held against nobody\n\n- `broken-before` of `one`\n');
  expect(report).toContain('| `broken-before` | failed on the base too |');
  const { stdout } = await runFanfold(['status', end.run], at.place);
  expect(stdout).toContain('Failed on the base too, and held against nobody\n  broken-before  one\n');
  expect(stdout).toContain('broken-before  failed on the base too');
  const logs = await runFanfold(['logs', end.run], at.place);
  expect(logs.stdout).toContain('check broken-before of one did not pass (exit code 1), but it failed on the base too');
});
