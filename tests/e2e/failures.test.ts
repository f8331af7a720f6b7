import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FanfoldEvent, SubtaskEnd } from '../../tasks/index.ts';
import { folderLeftovers, leftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

function ends(events: FanfoldEvent[]): Record<string, SubtaskEnd> {
  return Object.fromEntries(
    events.filter((event): event is SubtaskEnd => event.type === 'subtask-end').map((event) => [event.subtask, event]),
  );
}

async function runFile(taskFile: string, files: Record<string, string> = {}) {
  const repository = temporaryRepository({ 'a.txt': 'a\n', ...files, 'fanfold.yml': taskFile });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  expect(leftovers(repository)).toEqual([]);
  expect(repository.git('status', '--porcelain')).toBe('');
  return { repository, run, ends: ends(run.events()), end: run.end() };
}

test('a conflict fails that subtask alone and keeps its work on a branch', async () => {
  const {
    repository,
    ends: ended,
    end,
  } = await runFile(`version: 1
name: both
concurrency: 2
subtasks:
  - { id: left, run: "sleep 0.3; echo left > a.txt" }
  - { id: right, run: "sleep 0.3; echo right > a.txt" }
  - { id: other, run: "echo other > b.txt" }
`);
  expect(end).toMatchObject({ exitCode: 4, status: 'failed', subtasks: { landed: 2, conflicted: 1 } });
  const loser = ended['left']?.status === 'conflicted' ? ended['left'] : ended['right'];
  expect(loser).toMatchObject({ status: 'conflicted', error: { code: 'merge-conflict' } });
  expect(loser?.error?.message).toContain('a.txt');
  expect(repository.read(loser?.branch ?? '', 'a.txt')).toBe(`${loser?.subtask}\n`);
  expect(repository.read('fanfold/both', 'b.txt')).toBe('other\n');
});

test('a failed gate on the merged tree costs the guilty subtask alone', async () => {
  const {
    repository,
    ends: ended,
    end,
  } = await runFile(`version: 1
name: gated
checks: [{ name: no-bad, run: "! ls bad* 2>/dev/null", on: [merged] }]
subtasks:
  - { id: good-1, run: "echo 1 > good-1" }
  - { id: bad, run: "echo 1 > bad" }
  - { id: good-2, run: "echo 1 > good-2" }
`);
  expect(end).toMatchObject({ exitCode: 3, subtasks: { landed: 2, failed: 1 } });
  expect(ended['bad']?.error?.code).toBe('gate-failed');
  expect(repository.git('ls-tree', '--name-only', 'fanfold/gated').split('\n')).toEqual(
    expect.arrayContaining(['good-1', 'good-2']),
  );
  expect(repository.git('ls-tree', '--name-only', 'fanfold/gated')).not.toContain('bad');
  expect(repository.read(ended['bad']?.branch ?? '', 'bad')).toBe('1\n');
});

test('a check that fails on the base already is held against nobody', async () => {
  const { end } = await runFile(`version: 1
name: tolerant
checks: [{ name: broken-before, run: "test -e never" }]
subtasks: [{ id: one, run: "echo 1 > one" }]
`);
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
});

test('a failed check in the workspace keeps the work and shows the output', async () => {
  const {
    repository,
    ends: ended,
    end,
  } = await runFile(`version: 1
name: checked
subtasks:
  - { id: one, run: "echo 1 > one", checks: [{ name: refuse, run: "echo because-of-this; test ! -e one" }] }
`);
  expect(end.exitCode).toBe(3);
  expect(ended['one']).toMatchObject({ status: 'failed', error: { code: 'check-failed' } });
  expect(JSON.stringify(ended['one']?.error?.data)).toContain('because-of-this');
  expect(repository.read(ended['one']?.branch ?? '', 'one')).toBe('1\n');
  expect(repository.git('branch', '--list', 'fanfold/checked')).toBe('');
});

test('what needs a failed subtask is not started', async () => {
  const {
    run,
    ends: ended,
    end,
  } = await runFile(`version: 1
name: chain
defaults: { retries: 0 }
subtasks:
  - { id: first, run: "echo broken >&2; exit 9" }
  - { id: second, needs: [first], run: "echo 2 > two" }
  - { id: third, needs: [second], run: "echo 3 > three" }
  - { id: alone, run: "echo 4 > four" }
`);
  expect(end).toMatchObject({ exitCode: 1, subtasks: { landed: 1, failed: 3 } });
  expect(ended['first']).toMatchObject({ attempts: 1, error: { code: 'command-failed', data: { exitCode: 9 } } });
  expect(ended['third']).toMatchObject({ attempts: 0, error: { code: 'dependency-failed' } });
  expect(run.events().some((event) => event.type === 'subtask-start' && event.subtask === 'second')).toBe(false);
});

test('a later subtask sees the landed work of what it needs', async () => {
  const { repository, end } = await runFile(`version: 1
name: sees
subtasks:
  - { id: first, run: "echo first > one" }
  - { id: second, needs: [first], run: "cat one > two" }
`);
  expect(end.exitCode).toBe(0);
  expect(repository.read('fanfold/sees', 'two')).toBe('first\n');
});

test('files outside the declared writes fail the subtask', async () => {
  const { ends: ended, end } = await runFile(`version: 1
name: writes
subtasks: [{ id: one, run: "echo 1 > here; echo 2 > there", writes: [here] }]
`);
  expect(end.exitCode).toBe(1);
  expect(ended['one']?.error).toMatchObject({ code: 'write-set-violation', data: { files: ['there'] } });
});

test('a command that outlives its time limit is ended with all it started', async () => {
  const { ends: ended, end } = await runFile(`version: 1
name: slow
defaults: { retries: 0 }
subtasks: [{ id: one, run: "sleep 300 & sleep 300", timeout: 1s }]
`);
  expect(end.exitCode).toBe(1);
  expect(ended['one']?.error).toMatchObject({ code: 'timeout', failure: 'timeout' });
});

test('a command that ends with 75 is tried again', async () => {
  const marker = join(temporaryFolder(), 'tried');
  const { ends: ended, end } = await runFile(`version: 1
name: flaky
subtasks: [{ id: one, run: "test -e ${marker} || { touch ${marker}; exit 75; }; echo 1 > one" }]
`);
  expect(end.exitCode).toBe(0);
  expect(ended['one']).toMatchObject({ status: 'landed', attempts: 2 });
});

test('outside git, worktrees are refused before anything is written', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'fanfold.yml'), 'version: 1\nname: x\nsubtasks: [{ id: a, run: "true" }]\n');
  const run = await runFanfold(['run', 'fanfold.yml'], { folder });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toMatch(/not inside a git repository/);
  expect(run.stderr).toMatch(/workspace: copy/);
  expect(existsSync(join(folder, '.fanfold'))).toBe(false);
});

test('outside git, copies are worked on side by side and applied to the folder', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.txt'), 'a\n');
  writeFileSync(
    join(folder, 'fanfold.yml'),
    `version: 1
name: copies
defaults: { workspace: copy }
checks: [{ name: there, run: "test -e one && test -e two", on: [merged] }]
subtasks:
  - { id: one, run: "echo 1 > one; echo more >> a.txt" }
  - { id: two, run: "echo 2 > two; mkdir deep; echo 3 > deep/three" }
`,
  );
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('a\nmore\n');
  expect(readFileSync(join(folder, 'deep/three'), 'utf8')).toBe('3\n');
  expect(folderLeftovers(folder)).toEqual([]);
});

test('a subtask may be called like a gate', async () => {
  const { end } = await runFile(`version: 1
name: names
checks: [{ name: fine, run: "true" }]
subtasks: [{ id: gate, run: "echo 1 > one" }, { id: gate-1, run: "echo 2 > two" }, { id: workers, run: "echo 3 > three" }]
`);
  expect(end).toMatchObject({ exitCode: 0, subtasks: { landed: 3 } });
});

test('a key that a command digs out of its parent reaches no log, mailbox or report', async () => {
  const key = 'sk-ant-this-must-not-be-seen';
  const repository = temporaryRepository({
    'fanfold.yml': `version: 1
name: dig
defaults: { workspace: none }
subtasks:
  - { id: dig, run: "tr '\\\\0' '\\\\n' < /proc/$PPID/environ | grep ^ANTHROPIC_API_KEY | cut -c 1-80 | tee dug.txt; wc -c < dug.txt" }
`,
  });
  const environment = { ANTHROPIC_API_KEY: key };
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder, environment });
  const { folder } = run.end();
  // It did find it, so that the rest of this test means something.
  expect(readFileSync(join(repository.folder, 'dug.txt'), 'utf8')).toContain(key);
  expect(run.stdout).not.toContain(key);
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8'), file.name).not.toContain(key);
  }
  expect(readFileSync(join(folder, 'subtasks', 'dig', '1', 'output.log'), 'utf8')).toContain('[ANTHROPIC_API_KEY]');
});
