import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { temporaryRepository } from '../support/temporary-repository.ts';

const rule = `id: no-var
language: JavaScript
rule: { pattern: "var $NAME = $VALUE" }
fix: const $NAME = $VALUE
`;

function packages(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `src/p${index}/index.js`,
      `var value${index} = ${index};\nexports.value = value${index};\n`,
    ]),
  );
}

const taskFile = `version: 1
name: tidy
goal: No var
checks:
  - { name: loads, run: "for file in src/*/index.js; do node \\"$file\\" || exit 1; done" }
subtasks:
  - id: tidy-\${{ item.name }}
    forEach: { glob: "src/*/" }
    codemod: rules/no-var.yml
    files: ["\${{ item.path }}/**/*.js"]
    writes: ["\${{ item.path }}/**"]
`;

test('a codemod over packages lands in a branch, verified, with the checkout untouched and nothing left behind', async () => {
  const repository = temporaryRepository({ ...packages(6), 'rules/no-var.yml': rule, 'fanfold.yml': taskFile });
  const head = repository.git('rev-parse', 'HEAD');
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  expect(run.stderr).toBe('');
  expect(run.exitCode).toBe(0);
  const end = run.end();
  expect(end).toMatchObject({ status: 'succeeded', exitCode: 0, branch: 'fanfold/tidy' });
  expect(end.subtasks).toEqual({
    total: 6,
    landed: 6,
    unchanged: 0,
    cached: 0,
    failed: 0,
    cancelled: 0,
    conflicted: 0,
  });
  expect(repository.git('rev-parse', 'fanfold/tidy')).toBe(end.commit);
  for (let index = 0; index < 6; index += 1) {
    expect(repository.read('fanfold/tidy', `src/p${index}/index.js`)).toContain(`const value${index} = ${index}`);
  }
  expect(repository.git('rev-parse', 'HEAD')).toBe(head);
  expect(repository.git('status', '--porcelain')).toBe('');
  expect(repository.git('rev-list', '--count', '--merges', 'fanfold/tidy')).toBe('6');
  expect(leftovers(repository)).toEqual([]);
  for (const name of ['report.md', 'report.json', 'junit.xml', 'journal.jsonl']) {
    expect(existsSync(join(end.folder, name)), name).toBe(true);
  }
  // Messages travelled through the mailbox as files.
  const done = readdirSync(join(end.folder, 'mailbox', 'workers', 'done'), { recursive: true, withFileTypes: true });
  expect(done.filter((entry) => entry.isFile())).toHaveLength(6);
  expect(readFileSync(join(repository.folder, '.fanfold', '.gitignore'), 'utf8')).toBe('*\n!/agents/\n!/agents/**\n');
});

test('files without a match are unchanged, which is no failure', async () => {
  const repository = temporaryRepository({
    'src/p0/index.js': 'const a = 1;\n',
    'rules/no-var.yml': rule,
    'fanfold.yml': taskFile,
  });
  const run = await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  expect(run.end()).toMatchObject({ exitCode: 0, subtasks: { total: 1, unchanged: 1, landed: 0 } });
  expect(repository.git('branch', '--list', 'fanfold/*')).toBe('');
});
