import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderLeftovers } from '../support/leftovers.ts';
import { type FanfoldResult, runFanfold, startFanfold, until } from '../support/run-fanfold.ts';
import { temporaryFolder, temporaryRepository } from '../support/temporary-repository.ts';

const stranger = () => ({ XDG_STATE_HOME: temporaryFolder() });

/** A task file whose only command leaves `done` where there is a file `go`; else `started`, and waits for `end`. */
function taskFile(outside: string): string {
  const wait = `while [ -e ${outside} -a ! -e ${outside}/end ]; do sleep 0.05; done`;
  return `version: 1
name: long
defaults: { workspace: none }
subtasks:
  - { id: one, run: "if [ -e ${outside}/go ]; then touch ${outside}/done; else touch ${outside}/started; ${wait}; fi" }
`;
}

/** Start a run in a folder and kill it while its command waits; returns its id. */
async function killedRun(folder: string, outside: string, environment: Record<string, string> = {}): Promise<string> {
  const before = existsSync(join(folder, '.fanfold/runs')) ? readdirSync(join(folder, '.fanfold/runs')) : [];
  rmSync(join(outside, 'started'), { force: true });
  const run = startFanfold(['run', 'fanfold.yml', '--json'], { folder, environment });
  await until(() => existsSync(join(outside, 'started')), 'its command is at work');
  run.child.kill('SIGKILL');
  await run.ended;
  const [id = ''] = readdirSync(join(folder, '.fanfold/runs')).filter((name) => !before.includes(name));
  return id;
}

describe('a repository that ships .fanfold/', () => {
  test.each([
    ['in the index and in HEAD', ['commit', '--quiet', '-m', 'shipped']],
    ['in the index only', ['status']],
  ])('%s: nothing of it is executed, and nothing is written', async (_where, step) => {
    const outside = temporaryFolder();
    const repository = temporaryRepository({ 'fanfold.yml': taskFile(outside) });
    const { folder } = repository;
    const id = await killedRun(folder, outside);
    repository.git('add', '--force', '.fanfold/runs');
    repository.git(...step);
    writeFileSync(join(outside, 'go'), '');
    for (const args of [
      ['resume'],
      ['resume', id, '--trust'],
      ['run', 'fanfold.yml'],
      ['worker', id, '--trust'],
      ['clean', '--all', '--force'],
      ['send', '--all', 'hello'],
      ['permissions', 'allow', 'x'],
      ['mailbox', 'requeue', 'one-1'],
    ]) {
      const refused = await runFanfold(args, { folder });
      expect([args[0], refused.exitCode, refused.stdout]).toEqual([args[0], 2, '']);
      expect(refused.stderr).toMatch(/\.fanfold\/runs\/\S+ is under version control/);
      expect(refused.stderr).toContain('git rm -r --cached .fanfold');
    }
    expect(existsSync(join(outside, 'done'))).toBe(false);
    expect(readdirSync(join(folder, '.fanfold/runs'))).toEqual([id]);
    const status = await runFanfold(['status', id], { folder });
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toContain(id);
    expect(status.stderr).toContain('under version control');
    const doctor = await runFanfold(['doctor', '--json'], { folder });
    expect(doctor.exitCode).toBe(1);
    expect(JSON.parse(doctor.stdout)).toContainEqual(
      expect.objectContaining({ subject: 'repository', state: 'missing', next: expect.stringContaining('--cached') }),
    );
  });

  test('in HEAD, but taken out of the index, or in another case, it is refused as well', async () => {
    const repository = temporaryRepository({
      'fanfold.yml': 'version: 1\nname: x\nsubtasks:\n  - { id: one, run: "true" }\n',
      '.FanFold/runs/x/journal.jsonl': '',
    });
    const place = { folder: repository.folder };
    expect((await runFanfold(['run', 'fanfold.yml'], place)).stderr).toContain(
      '.FanFold/runs/x/journal.jsonl is under',
    );
    repository.git('rm', '-r', '--cached', '--quiet', '.FanFold');
    const refused = await runFanfold(['run', 'fanfold.yml'], place);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('.FanFold is under')]);
    repository.git('commit', '--quiet', '-m', 'gone');
    expect((await runFanfold(['run', 'fanfold.yml'], place)).exitCode).toBe(0);
  });
});

describe('a run that came with its folder', () => {
  /** A folder outside git as an archive brings it: with a killed run by somebody else, in the place it was made for. */
  async function unpacked() {
    const outside = temporaryFolder();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'fanfold.yml'), taskFile(outside));
    const theirs = stranger();
    const id = await killedRun(folder, outside, theirs);
    const archive = temporaryFolder();
    cpSync(folder, archive, { recursive: true, verbatimSymlinks: true });
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    cpSync(archive, folder, { recursive: true, verbatimSymlinks: true });
    return { folder, outside, id, theirs };
  }

  const refusal = (result: FanfoldResult) => [result.exitCode, result.stderr];

  test('is not gone on with, unless it is named and trusted; from then on it is one of this user’s', async () => {
    const { folder, outside, id } = await unpacked();
    writeFileSync(join(outside, 'go'), '');
    expect(refusal(await runFanfold(['resume'], { folder }))).toEqual([
      2,
      expect.stringContaining(`nothing shows that ${id} is yours`),
    ]);
    const named = await runFanfold(['resume', id], { folder });
    expect(refusal(named)).toEqual([2, expect.stringContaining(`Nothing shows that the run ${id} was started`)]);
    expect(named.stderr).toContain(`fanfold resume ${id} --trust`);
    expect(refusal(await runFanfold(['resume', '--trust'], { folder }))[0]).toBe(2);
    expect(existsSync(join(outside, 'done'))).toBe(false);
    const trusted = await runFanfold(['resume', id, '--trust', '--json'], { folder });
    expect(trusted.end()).toMatchObject({ exitCode: 0, subtasks: { landed: 1 } });
    expect(existsSync(join(outside, 'done'))).toBe(true);
    const again = await runFanfold(['resume', id], { folder });
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('Nothing is left to do')]);
    expect(folderLeftovers(folder)).toEqual([]);
  });

  test('does not come before one’s own', async () => {
    const { folder, outside, id } = await unpacked();
    renameSync(join(folder, '.fanfold/runs', id), join(folder, '.fanfold/runs/long-20991231-235959-ffff'));
    const own = await killedRun(folder, outside);
    writeFileSync(join(outside, 'go'), '');
    const resumed = await runFanfold(['resume', '--json'], { folder });
    expect(resumed.end()).toMatchObject({ run: own, exitCode: 0 });
  });

  test('finds no worker', async () => {
    const { folder, outside, id, theirs } = await unpacked();
    rmSync(join(outside, 'started'));
    const going = startFanfold(['resume', id, '--json'], { folder, environment: theirs });
    await until(() => existsSync(join(outside, 'started')), 'its command is at work again');
    for (const args of [
      ['worker', id],
      ['worker', '--mailbox', join(folder, '.fanfold/runs', id, 'mailbox')],
    ]) {
      const refused = await runFanfold(args, { folder });
      expect(refusal(refused)).toEqual([2, expect.stringContaining(`fanfold worker ${id} --trust`)]);
    }
    const worker = startFanfold(['worker', id, '--trust', '--json'], { folder });
    await until(() => worker.stdout().includes('serves'), 'the trusting worker serves');
    writeFileSync(join(outside, 'end'), '');
    expect((await going.ended).end()).toMatchObject({ exitCode: 0 });
    expect((await worker.ended).exitCode).toBe(0);
  });

  test('and is a link is none', async () => {
    const { folder, id } = await unpacked();
    const elsewhere = temporaryFolder();
    mkdirSync(join(elsewhere, 'subtasks'));
    writeFileSync(join(elsewhere, 'precious.tmp'), '');
    symlinkSync(elsewhere, join(folder, '.fanfold/runs/long-20991231-235959-ffff'));
    const status = await runFanfold(['status', '--json'], { folder });
    expect(JSON.parse(status.stdout)).toHaveLength(1);
    const clean = await runFanfold(['clean'], { folder });
    expect(clean.exitCode).toBe(0);
    expect(existsSync(join(elsewhere, 'precious.tmp'))).toBe(true);
    expect(existsSync(join(folder, '.fanfold/runs', id))).toBe(true);
  });

  test('where no key can be kept, runs work, and go on by --trust', async () => {
    const outside = temporaryFolder();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'fanfold.yml'), taskFile(outside));
    writeFileSync(join(outside, 'file'), '');
    const environment = { XDG_STATE_HOME: join(outside, 'file') };
    const id = await killedRun(folder, outside, environment);
    writeFileSync(join(outside, 'go'), '');
    expect((await runFanfold(['resume'], { folder, environment })).exitCode).toBe(2);
    expect((await runFanfold(['resume', id, '--trust'], { folder, environment })).exitCode).toBe(0);
  });
});
