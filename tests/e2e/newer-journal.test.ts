import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeFrame } from '../../ipc/journal/frame.ts';
import type { FanfoldEvent } from '../../tasks/index.ts';
import { runFanfold } from '../support/run-fanfold.ts';
import { type TestRepository, temporaryRepository } from '../support/temporary-repository.ts';

/** A run of which one subtask failed, and its journal. */
async function finishedRun(): Promise<{ repository: TestRepository; journal: string }> {
  const repository = temporaryRepository({
    'fanfold.yml': 'version: 1\nname: old\nsubtasks: [{ id: good, run: "echo 1 > one" }, { id: bad, run: "exit 3" }]\n',
  });
  await runFanfold(['run', 'fanfold.yml', '--json'], { folder: repository.folder });
  const runs = join(repository.folder, '.fanfold', 'runs');
  return { repository, journal: join(runs, readdirSync(runs)[0] ?? '', 'journal.jsonl') };
}

test('events that a newer version invented are passed over by who shows, and stop who would go on', async () => {
  const { repository, journal } = await finishedRun();
  const options = { folder: repository.folder };
  const before = JSON.parse((await runFanfold(['status', 'old', '--json'], options)).stdout);
  const next = readFileSync(journal, 'utf8').trimEnd().split('\n').length;
  const foreign = [
    { type: 'subtask-dream', subtask: 'unheard-of', depth: { of: ['it'] } },
    { type: 'toString', time: 7, subtask: 'good' },
    { type: 'moon-phase\u001b[31m' },
  ];
  const stamped = foreign.map((event) => ({ time: '2031-01-01T00:00:00.000Z', run: 'old', ...event }));
  const frames = stamped.map((event, index) => encodeFrame(next + index, event as unknown as FanfoldEvent));
  appendFileSync(journal, frames.join(''));

  const status = await runFanfold(['status', 'old', '--json'], options);
  expect(status.exitCode, status.stderr).toBe(0);
  expect(JSON.parse(status.stdout)).toEqual(before);
  expect((await runFanfold(['status'], options)).stdout).toContain('old');
  const logs = await runFanfold(['logs', 'old'], options);
  expect(logs.exitCode, logs.stderr).toBe(0);
  expect(logs.stdout).toContain('good landed');
  const asJson = await runFanfold(['logs', 'old', '--json'], options);
  expect(asJson.events().slice(-3)).toMatchObject(foreign);

  const resume = await runFanfold(['resume', 'old', '--failed'], options);
  expect(resume.exitCode).not.toBe(0);
  expect(resume.stderr).toContain('was written by a newer Fanfold: its journal holds "subtask-dream"');
  expect(resume.stderr).toContain('Resume it with the version that wrote it');
});

test('a journal in a newer format is refused, with what to do', async () => {
  const { repository, journal } = await finishedRun();
  const options = { folder: repository.folder };
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('"version":1', '"version":2'));
  for (const command of [
    ['status', 'old'],
    ['logs', 'old'],
    ['resume', 'old'],
  ]) {
    const refused = await runFanfold(command, options);
    expect(refused.exitCode, command.join(' ')).toBe(6);
    expect(refused.stderr).toContain('has version 2; this Fanfold reads up to 1');
    expect(refused.stderr).toContain('Use the version of Fanfold that wrote it, or a newer one');
  }
  const list = await runFanfold(['status'], options);
  expect(list.stderr).toContain("can't be read");
});
