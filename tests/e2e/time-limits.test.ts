import { expect, test } from 'vitest';
import { createSimulatedApi } from '../simulated-api/server.js';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

test('a model stream that hangs is asked for again, after what the task file says', async () => {
  await using api = await createSimulatedApi({
    script: (_request, { turn }) =>
      turn === 0
        ? { content: [{ type: 'tool_use', name: 'Write', input: { file_path: 'note.txt', content: 'x\n' } }] }
        : { content: [{ type: 'text', text: 'Written.' }] },
    faults: [
      { kind: 'stall', stallMs: 600_000, afterBytes: 0, at: 0 },
      { kind: 'stall', stallMs: 600_000, at: 1 },
    ],
  });
  const repository = temporaryRepository({
    'fanfold.yml':
      'version: 1\nname: silent\nmodel: { idleTimeout: 2s }\nsubtasks: [{ id: one, prompt: "Write a note." }]\n',
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], {
    folder: repository.folder,
    environment: api.environment,
  });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
  expect(api.totals().faults).toEqual({ stall: 2 });
  expect(repository.read('fanfold/silent', 'note.txt')).toBe('x\n');
});

/** Compares every four identifiers of a line: hours for some thousand, inside one call of native code. */
const endlessRule = `id: endless
language: JavaScript
rule:
  kind: identifier
  follows:
    stopBy: end
    kind: identifier
    follows:
      stopBy: end
      kind: identifier
      follows: { stopBy: end, kind: identifier, regex: ^never$ }
fix: changed
`;

function endless(rest: string) {
  return temporaryRepository({
    'big.js': `f(${Array.from({ length: 3_000 }, (_, index) => `a${index}`).join(',')});\n`,
    'endless.yml': endlessRule,
    'fanfold.yml': `version: 1\nname: endless\nsubtasks:\n  - { id: endless, codemod: endless.yml }\n${rest}`,
  });
}

test('a rule that takes for ever costs its subtask, not the run', async () => {
  const repository = endless('  - { id: one, run: "echo 1 > one" }\n  - { id: two, run: "sleep 8; echo 2 > two" }\n');
  const run = await runFanfold(['run', 'fanfold.yml', '--json', '--lease', '8', '--threads', '2'], {
    folder: repository.folder,
  });
  expect(run.end(), run.stderr).toMatchObject({ exitCode: 1, subtasks: { total: 3, landed: 2, failed: 1 } });
  const ended = run.events().find((event) => event.type === 'subtask-end' && event.subtask === 'endless');
  expect(ended).toMatchObject({
    attempts: 1,
    error: { code: 'worker-lost', message: expect.stringContaining('a rule took too long in one file') },
  });
  // Nothing but the end of the process ends native code.
  expect(run.exitCode).toBeNull();
  expect(leftovers(repository)).toEqual([]);
});

test('Ctrl-C twice ends a run whose thread can not be ended', async () => {
  const repository = endless('');
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  await until(() => run.stdout().includes('"subtask-start"'), 'the subtask has started');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  run.child.kill('SIGINT');
  await until(() => run.stderr().includes('again to stop'), 'the first is taken');
  const begun = Date.now();
  run.child.kill('SIGINT');
  const result = await run.ended;
  expect(Date.now() - begun).toBeLessThan(40_000);
  expect(result.end()).toMatchObject({ status: 'interrupted', exitCode: 130 });
  expect(leftovers(repository)).toEqual([]);
});
