import { describe, expect, it } from 'vitest';
import { formatReport } from '../../../../coordinator/reporting/format-report.ts';
import { formatRunList, type RunListRow } from '../../../../coordinator/reporting/format-run-list.ts';
import { formatStatus } from '../../../../coordinator/reporting/format-status.ts';
import { failedResult, sampleReport, sampleResult } from './sample-report.ts';

const unfinished = (id: string, phase: 'waiting' | 'queued' | 'running' | 'merging', attempts = 1) => {
  const { error: _error, ...result } = failedResult(id);
  return { ...result, status: 'unfinished' as const, phase, attempts };
};
const atWork = sampleReport(
  [
    sampleResult('array'),
    failedResult('math'),
    unfinished('string', 'running', 2),
    unfinished('lang', 'running'),
    unfinished('seq', 'merging'),
    unfinished('util', 'waiting', 0),
  ],
  { status: 'unfinished' },
);

describe('formatStatus', () => {
  it('says how far a run has come', () => {
    expect(formatStatus(atWork, { running: true }).split('\n')).toEqual([
      'demo-20260101-000000-abcd running for 1m 05s',
      '  Replace var by let',
      '  1 of 6 subtasks done: 1 landed; 1 failed, 4 unfinished',
      '',
      '  running  2: string (attempt 2), lang',
      '  merging  1: seq',
      '  waiting  1: util',
      '',
      'Did not land',
      '  FAILED math  check-failed',
      '    The check loads failed in the workspace: exit code 1.',
      '    next: Look at its output.',
      '',
      'Logs     fanfold logs demo-20260101-000000-abcd <subtask>',
      'Cancel   fanfold cancel demo-20260101-000000-abcd',
      'Folder   /repository/.fanfold/runs/demo-20260101-000000-abcd',
    ]);
  });

  it('says when nobody is at work any more', () => {
    const text = formatStatus(atWork, { running: false });
    expect(text).toMatch(/^demo-20260101-000000-abcd stopped before it ended: nobody is at work on it\n/);
    expect(text).not.toContain('fanfold cancel');
  });

  it('is the report once the run has ended', () => {
    const ended = sampleReport([sampleResult('array')]);
    expect(formatStatus(ended, { running: false })).toBe(formatReport(ended));
  });
});

describe('formatRunList', () => {
  const rows: RunListRow[] = [
    { ...atWork, status: 'running', startTime: new Date(2026, 0, 2, 9, 5).toISOString() },
    { ...atWork, run: 'killed-20260101-000000-abcd' },
    { ...sampleReport([sampleResult('a'), sampleResult('b')]), run: 'done-20260101-000000-abcd' },
  ];

  it('shows the runs as a table', () => {
    const lines = formatRunList(rows, { columns: 120 }).split('\n');
    expect(lines[0]).toMatch(/^RUN +STATUS +STARTED +TIME +SUBTASKS +BRANCH$/);
    expect(lines[1]).toMatch(/^demo-\S+ +running +2026-01-02 09:05 +1m 05s +1 of 6, 1 failure +fanfold\/demo$/);
    expect(lines[2]).toMatch(/^killed-\S+ +stopped +\d{4}-\d\d-\d\d \d\d:\d\d +- +1 of 6, 1 failure +fanfold\/demo$/);
    expect(lines[3]).toMatch(/^done-\S+ +succeeded .* 2 of 2 +fanfold\/demo$/);
    expect(formatRunList(rows, { color: true })).toContain('\u001b[32msucceeded\u001b[39m');
  });

  it('fits the terminal', () => {
    const lines = formatRunList(rows, { columns: 80 }).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('says how to start the first run', () => {
    expect(formatRunList([])).toBe('There is no run here yet. Start one with `fanfold run <file>`.');
  });
});
