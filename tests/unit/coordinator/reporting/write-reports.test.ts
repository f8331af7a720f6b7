import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../../../coordinator/reporting/report.ts';
import { toReport } from '../../../../coordinator/reporting/to-report.ts';
import { writeAtomically } from '../../../../coordinator/reporting/write-atomically.ts';
import { writeReports } from '../../../../coordinator/reporting/write-reports.ts';
import { type FanfoldEvent, noUsage, reduceEvents } from '../../../../tasks/index.ts';
import { at, begin, failed, landed, started, startTime } from './sample-events.ts';
import { sampleCheck } from './sample-report.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfold-reports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const check = sampleCheck({ passed: false, exitCode: 1, outputTail: 'boom' });
const soFar: FanfoldEvent[] = [
  ...begin(4, 'array', 'math', 'string'),
  started(10, 'array'),
  landed(1_000, 'array'),
  at(1_100, { type: 'subtask-queue', subtask: 'math', attempt: 1 }),
  started(1_200, 'math'),
  at(1_300, { type: 'check-end', subtask: 'math', attempt: 1, check }),
  failed(1_400, 'math'),
  at(1_500, { type: 'gate-end', subtasks: ['array'], check: sampleCheck() }),
  at(1_500, { type: 'merge-end', subtasks: ['array'], landed: ['array'], commit: 'b'.repeat(40) }),
  at(1_600, { type: 'subtask-queue', subtask: 'string', attempt: 1 }),
  at(1_700, { type: 'notice', level: 'warning', message: 'A worker died.' }),
];
const runEnd = at(2_000, {
  type: 'run-end',
  status: 'interrupted',
  exitCode: 130,
  subtasks: { total: 4, landed: 1, unchanged: 0, cached: 0, failed: 1, cancelled: 2, conflicted: 0 },
  commit: 'b'.repeat(40),
  branch: 'fanfold/demo',
  usage: noUsage(),
  durationMs: 2_000,
  denials: 3,
  folder: '/folder',
});

describe('toReport', () => {
  it('tells the state of a run that goes on', () => {
    const report = toReport(reduceEvents(soFar), '/folder', startTime + 5_000);
    expect(report).toMatchObject({ status: 'unfinished', durationMs: 5_000, run: 'demo-1', name: 'demo' });
    expect(report).not.toHaveProperty('exitCode');
    expect(report.results.map(({ id, status, phase }) => [id, status, phase])).toEqual([
      ['array', 'landed', undefined],
      ['math', 'failed', undefined],
      ['string', 'unfinished', 'queued'],
      ['other-0', 'unfinished', 'waiting'],
    ]);
    expect(report.results[1]).toMatchObject({
      checks: [check],
      branch: 'fanfold/demo-failed/math',
      executor: 'codemod',
    });
  });

  it('agrees with the run-end event', () => {
    const report = toReport(reduceEvents([...soFar, runEnd]), '/folder', startTime + 99_000);
    const { type: _type, time, ...fields } = runEnd;
    expect(report).toMatchObject({ ...fields, endTime: time });
    expect(report.results.filter(({ status }) => status === 'cancelled')).toHaveLength(2);
  });
});

describe('writeReports', () => {
  it('writes three files that say the same, and nothing else', async () => {
    const state = reduceEvents([...soFar, runEnd]);
    const paths = await writeReports(state, folder);
    expect(paths).toEqual(['report.md', 'report.json', 'junit.xml'].map((name) => join(folder, name)));
    expect((await readdir(folder)).toSorted()).toEqual(['junit.xml', 'report.json', 'report.md']);
    const [markdown = '', json = '', xml = ''] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const report = JSON.parse(json) as Report;
    expect(report).toEqual(JSON.parse(JSON.stringify(toReport(state, folder))));
    expect(report).toMatchObject({ version: 1, exitCode: 130, subtasks: { total: 4, cancelled: 2 }, denials: 3 });
    expect(markdown).toContain('# demo: interrupted');
    expect(markdown).toContain('warning: A worker died.');
    expect(xml).toContain('<testsuites name="demo" tests="5" failures="1" errors="0" skipped="2"');
  });

  it('replaces earlier reports', async () => {
    await writeFile(join(folder, 'report.md'), 'old');
    await writeReports(reduceEvents(soFar), folder);
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toMatch(/^# demo: not finished/);
  });

  it('stays quick for ten thousand subtasks', async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `part-${index}`);
    const ends = ids.map((id, index) => (index % 10 === 0 ? failed(index, id) : landed(index, id)));
    const state = reduceEvents([...begin(10_000, ...ids), ...ends]);
    const before = performance.now();
    await writeReports(state, folder);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect((await readFile(join(folder, 'report.md'), 'utf8')).match(/^### /gm)).toHaveLength(1_000);
  });
});

describe('writeAtomically', () => {
  it('leaves nothing behind when it fails', async () => {
    const path = join(folder, 'missing', 'report.md');
    await expect(writeAtomically(path, 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(writeAtomically(folder, 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
    expect((await readdir(tmpdir())).filter((name) => name.includes(`${folder}.`))).toEqual([]);
  });

  it('writes for the owner only', async () => {
    const path = join(folder, 'report.md');
    await writeAtomically(path, 'x');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
