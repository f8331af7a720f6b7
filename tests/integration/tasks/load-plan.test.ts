import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlanArguments } from '../../../coordinator/cli/command-options.ts';
import { loadPlanFromFile } from '../../../coordinator/cli/load-plan.ts';
import { findWorkplace } from '../../../coordinator/cli/workplace.ts';
import type { FanfoldError, Plan } from '../../../tasks/index.ts';
import { temporaryFolder, temporaryRepository } from '../../support/temporary-repository.ts';

const glob = 'subtasks:\n  - { id: a, forEach: { glob: "*.md" }, run: "true" }\n';

async function load(folder: string, args: Partial<PlanArguments> = {}): Promise<Plan> {
  const workplace = await findWorkplace(undefined, folder);
  const signal = new AbortController().signal;
  return loadPlanFromFile(join(folder, 'f.yml'), { trust: false, ...args } as PlanArguments, workplace, signal);
}

async function refusal(taskFile: string, args: Partial<PlanArguments> = {}): Promise<FanfoldError> {
  const { folder } = temporaryRepository({
    'README.md': 'x\n',
    'check.mjs': 'x',
    'f.yml': `version: 1\nname: x\n${taskFile}`,
  });
  return load(folder, args).then(
    () => expect.fail('it was accepted'),
    (error: FanfoldError) => error,
  );
}

test('a base that is no commit is the fault of who named it, not of what is read there', async () => {
  expect(await refusal(glob, { base: 'nope' })).toMatchObject({
    code: 'base-unknown',
    message: expect.stringMatching(/^--base: The base "nope" names no commit/),
    next: expect.stringContaining('main'),
  });
  const inFile = await refusal(`base: lost\nsubtasks: [{ id: a, run: "true" }]\n`);
  expect(inFile).toMatchObject({ code: 'base-unknown' });
  expect(inFile.message).toMatch(/f\.yml:3:7: base: The base "lost" names no commit/);
});

test('a repository without a commit is told to have none', async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init', '--quiet');
  writeFileSync(join(folder, 'f.yml'), `version: 1\nname: x\n${glob}`);
  await expect(load(folder)).rejects.toMatchObject({
    code: 'base-unknown',
    next: 'The repository has no commit yet: commit something first.',
  });
});

test('a module is looked for before it is said to need trust', async () => {
  const check = (module: string) => `checks: [{ name: c, module: ${module} }]\nsubtasks: [{ id: a, run: "true" }]\n`;
  expect(await refusal(check('check.mjs'))).toMatchObject({
    code: 'task-file-untrusted',
    message: 'The check check.mjs is code, which runs only with --trust.',
  });
  expect(await refusal(check('lost.mjs'))).toMatchObject({
    code: 'task-file-invalid',
    message: expect.stringContaining('"lost.mjs" is neither beside the task file'),
  });
});

test('a schema that no output can be checked by is refused where it is written', async () => {
  const { code, message } = await refusal(
    'subtasks:\n  - { id: a, run: "true", output: { schema: { type: object } } }\n  - id: b\n    run: "true"\n    output: { schema: { type: bogus } }\n',
  );
  expect(code).toBe('task-file-invalid');
  expect(message).toMatch(/has a problem:\n.*f\.yml:7:23: subtasks\[1\]\.output\.schema: found a schema that nothing/);
  expect(message).toContain('bogus');
});

test('a command for items that fails is told with what it printed', async () => {
  const { message } = await refusal(
    'subtasks:\n  - { id: a, forEach: { command: "echo no such list >&2; exit 4" }, run: "true" }\n',
  );
  expect(message).toContain(
    'found a command that fails. `echo no such list >&2; exit 4` ended with exit code 4, having printed: no such list. Run it',
  );
});
