import { expect, test } from 'vitest';
import { alignColumns } from '../../../../coordinator/reporting/align-columns.ts';
import { formatReport } from '../../../../coordinator/reporting/format-report.ts';
import { sampleCheck, sampleReport, sampleResult } from './sample-report.ts';

test('columns begin at the same place, also where characters are wide', () => {
  expect(alignColumns([['漢', 'a', 'x'], ['abc', '', 'y'], []])).toEqual(['漢   a  x', 'abc     y', '']);
});

test('checks and scores of a report are aligned', () => {
  const score = { score: 0.5, on: 'merged' as const };
  const gates = ['a', 'longer'].map((name) => ({ subtasks: ['s'], check: sampleCheck({ name, ...score }) }));
  const screen = formatReport(sampleReport([sampleResult('s')], { gates }), { columns: 200 });
  expect(screen).toContain('\n  a       passed  0.3s\n  longer  passed  0.3s\n');
  expect(screen).toMatch(/\n {2}a {7}0\.50, .*\n {2}longer {2}0\.50, /);
});

test('what is taken from an earlier run and changes nothing has not landed', () => {
  const cached = { status: 'cached' as const, reusedFrom: 'demo-0' };
  const screen = formatReport(sampleReport([sampleResult('list', { ...cached, changedFiles: [] })]));
  expect(screen).toContain('Done\n  list  cached, from demo-0');
  expect(screen).not.toContain('Landed');
  expect(formatReport(sampleReport([sampleResult('list', { ...cached, changedFiles: ['a'] })]))).toContain('Landed\n');
});
