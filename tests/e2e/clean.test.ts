import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CleanReport } from '../../coordinator/housekeeping/clean-report.ts';
import { leftovers } from '../support/leftovers.ts';
import { runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

function waiting(name: string, marks: string): string {
  return `version: 1
name: ${name}
concurrency: 2
subtasks:
  - { id: a, run: "touch ${marks}/${name}-a; echo a > a; until test -e ${marks}/go; do sleep 0.1; done" }
  - { id: b, run: "touch ${marks}/${name}-b; echo b > b; until test -e ${marks}/go; do sleep 0.1; done" }
`;
}

async function start(repository: TestRepository, name: string, marks: string) {
  const run = startFanfold(['run', `${name}.yml`, '--json'], { folder: repository.folder });
  await until(() => ['a', 'b'].every((id) => existsSync(join(marks, `${name}-${id}`))), `both commands of ${name} run`);
  const [id = ''] = readdirSync(join(repository.folder, '.fanfold', 'runs')).filter((run) =>
    run.startsWith(`${name}-`),
  );
  return { ...run, id };
}

/** Paths below a folder, and where the pieces of git's own state are. */
function everything(repository: TestRepository): string[] {
  const below = (folder: string) =>
    (readdirSync(join(repository.folder, folder), { recursive: true }) as string[]).sort();
  return [...below('.fanfold'), ...below('.git/worktrees'), repository.git('for-each-ref')];
}

async function cleanAsJson(folder: string, ...args: string[]): Promise<CleanReport & { exitCode: number | null }> {
  const { stdout, exitCode } = await runFanfold(['clean', '--json', ...args], { folder });
  return { ...JSON.parse(stdout), exitCode };
}

test('what a killed run left is shown, then removed, and a run at work goes on undisturbed', async () => {
  const marks = temporaryFolder();
  const repository = temporaryRepository({
    'live.yml': waiting('live', marks),
    'dead.yml': waiting('dead', marks),
  });
  const { folder } = repository;
  const live = await start(repository, 'live', marks);
  const dead = await start(repository, 'dead', marks);
  dead.child.kill('SIGKILL');
  await dead.ended;

  const before = everything(repository);
  const dry = await cleanAsJson(folder, dead.id, '--dry-run');
  expect(dry).toMatchObject({ dryRun: true, exitCode: 0 });
  expect(everything(repository)).toEqual(before);
  const kinds = dry.items.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'workspace')).toHaveLength(2);
  expect(kinds).toEqual(expect.arrayContaining(['lock', 'doorbell']));
  if (process.platform === 'linux') expect(kinds).toContain('process');
  expect(dry.items.every(({ outcome, run }) => outcome === 'found' && run === dead.id)).toBe(true);
  expect(dry.bytes).toBeGreaterThan(0);

  const shown = await runFanfold(['clean'], { folder });
  expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^KIND +WHAT +SIZE +WHY\n/);
  expect(shown.stdout).toMatch(
    new RegExp(`\nworkspace +workspaces/${dead.id}-worker-1-[0-9a-f]{8} +[0-9.]+ kB +its worker is dead\n`),
  );
  expect(shown.stdout).toMatch(/\n\d+ things, [0-9.]+ [kM]?B were removed\.\n$/);
  expect(readdirSync(join(folder, '.fanfold', 'runs'))).toHaveLength(2);
  expect(leftovers(repository).filter((entry) => entry.includes(dead.id))).toEqual([]);

  const refused = await cleanAsJson(folder, live.id, '--all', '--force');
  expect(refused.items).toMatchObject([
    { kind: 'run', outcome: 'kept', reason: `it is at work (process ${live.child.pid})` },
  ]);
  writeFileSync(join(marks, 'go'), '');
  expect((await live.ended).end()).toMatchObject({ exitCode: 0, subtasks: { landed: 2 } });
  expect(repository.read('fanfold/live', 'a')).toBe('a\n');
  expect(leftovers(repository, [dead.child.pid ?? 0])).toEqual([]);

  const unfinished = await cleanAsJson(folder, '--all');
  expect(unfinished.items.filter(({ kind }) => kind === 'run')).toMatchObject([
    { run: dead.id, outcome: 'kept', forceable: true },
    { run: live.id, outcome: 'removed' },
  ]);
  await cleanAsJson(folder, '--all', '--force');
  expect(readdirSync(join(folder, '.fanfold', 'runs'))).toEqual([]);
  expect(repository.read('fanfold/live', 'a')).toBe('a\n');
});

test('a starting run clears away what a killed one left, by itself', async () => {
  const marks = temporaryFolder();
  const repository = temporaryRepository({
    'dead.yml': waiting('dead', marks),
    'next.yml': 'version: 1\nname: next\nsubtasks: [{ id: one, run: "echo 1 > one" }]\n',
  });
  const dead = await start(repository, 'dead', marks);
  dead.child.kill('SIGKILL');
  await dead.ended;
  expect(leftovers(repository)).not.toEqual([]);
  const next = await runFanfold(['run', 'next.yml', '--json'], { folder: repository.folder });
  expect(next.end()).toMatchObject({ exitCode: 0 });
  expect(leftovers(repository, [dead.child.pid ?? 0])).toEqual([]);
});

test('work that did not land is kept until it is merged or given up', async () => {
  const repository = temporaryRepository({
    'a.txt': 'a\n',
    'fanfold.yml': `version: 1
name: both
subtasks:
  - { id: left, run: "sleep 0.3; echo left > a.txt" }
  - { id: right, run: "sleep 0.3; echo right > a.txt" }
`,
  });
  const { folder } = repository;
  expect((await runFanfold(['run', 'fanfold.yml', '--json'], { folder })).exitCode).toBe(4);
  const [branch = ''] = repository
    .git('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/fanfold-kept')
    .split('\n');
  const kept = await runFanfold(['clean'], { folder });
  expect(kept.exitCode).toBe(0);
  expect(kept.stdout).toContain('There is nothing to clean.');
  expect(kept.stdout).toMatch(new RegExp(`branch +${branch} +- +kept: 1 commit that is nowhere else\n`));
  expect(kept.stdout).toContain('--force');
  expect(repository.read(branch, 'a.txt')).toMatch(/left|right/);
  const forced = await runFanfold(['clean', '--force'], { folder });
  expect(forced.stdout).toContain('1 thing, 0 B was removed.');
  expect(repository.git('for-each-ref', 'refs/heads/fanfold-kept')).toBe('');
  expect(repository.git('rev-parse', '--verify', 'fanfold/both')).toMatch(/^[0-9a-f]{40}$/);
});

test('wrong use is told', async () => {
  const { folder } = temporaryRepository();
  const say = async (...args: string[]) => {
    const { exitCode, stderr } = await runFanfold(['clean', ...args], { folder });
    return `${exitCode} ${stderr}`;
  };
  expect(await say('nosuch')).toMatch(/^2 fanfold: There is no run "nosuch", and nothing is left of one\./);
  expect(await say('--older-than', 'soon')).toMatch(/^2 fanfold: --older-than takes a duration such as 7d/);
  expect(await say('--older-than', '7d', '--all')).toMatch(/^2 fanfold: --all and --older-than exclude each other\./);
  expect(existsSync(join(folder, '.fanfold'))).toBe(false);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('# Test\n');
});
