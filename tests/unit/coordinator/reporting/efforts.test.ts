import { expect, test } from 'vitest';
import { eventLines } from '../../../../coordinator/reporting/event-lines.ts';
import { formatPlan } from '../../../../coordinator/reporting/format-plan.ts';
import { formatReport } from '../../../../coordinator/reporting/format-report.ts';
import { markdownReport } from '../../../../coordinator/reporting/markdown-report.ts';
import { toReport } from '../../../../coordinator/reporting/to-report.ts';
import { type CandidateResult, type FanfoldEvent, noUsage, reduceEvents } from '../../../../tasks/index.ts';
import { samplePlan, sampleSubtask } from '../sample-subtask.ts';
import { checkFailure, sampleReport, sampleResult } from './sample-report.ts';

const candidates: CandidateResult[] = [
  { number: 1, passed: false, tokens: 120, usd: 0.5, error: { ...checkFailure, code: 'agent-turn-limit' } },
  { number: 2, passed: true, score: 0.9, tokens: 100, usd: 0.25, repairs: 1 },
  { number: 3, passed: false, score: 0.999_9, tokens: 90, usd: 0.125 },
];
const told = 'candidate 2 of 3 (1: agent-turn-limit; 2: passed, 0.90; 3: gates failed, 0.99); sent back 1 time';

test('the report says how candidates did and what was sent back, and nothing where there is nothing to say', () => {
  const plain = sampleReport([sampleResult('plain')]);
  expect(formatReport(plain)).not.toContain('candidates');
  expect(markdownReport(plain)).not.toMatch(/Candidates|Sent back/);
  const report = sampleReport([
    sampleResult('plain'),
    sampleResult('tried', { candidates, candidate: 2, repairs: 1 }),
    sampleResult('mended', { repairs: 2, usage: { ...noUsage(), inputTokens: 70 } }),
  ]);
  const screen = formatReport(report, { columns: 300 }).split('\n');
  const from = screen.indexOf('Repairs and candidates');
  expect(screen.slice(from, from + 4)).toEqual([
    'Repairs and candidates',
    `  tried   ${told}`,
    '  mended  sent back 2 times',
    '',
  ]);
  const markdown = markdownReport(report);
  expect(markdown).toContain('| `tried` | 2 **(chosen)** | passed | 0.90 | 100 | 0.2500 | 1 |');
  expect(markdown).toContain('| `tried` | 3 | gates failed | 0.99 | 90 | 0.1250 | 0 |');
  expect(markdown).toContain('| `mended` | 2 | 70 |');
});

test('many of them are counted, not listed', () => {
  const results = Array.from({ length: 40 }, (_, index) => sampleResult(`s${index}`, { repairs: 1 }));
  const lines = formatReport(sampleReport(results)).split('\n');
  expect(lines.filter((line) => line.includes('sent back'))).toHaveLength(15);
  expect(lines).toContain('  … and 25 more');
});

test('an attempt says it in the log, and the state of the run keeps it', () => {
  const end = {
    time: '2026-01-01T00:00:00.000Z',
    run: 'r',
    type: 'attempt-end',
    subtask: 'tried',
    attempt: 1,
    worker: 'worker-1',
    result: 'changed',
    retry: false,
    usage: noUsage(),
    durationMs: 1,
    denials: 0,
    repairs: 1,
    candidates,
    candidate: 2,
  } satisfies FanfoldEvent;
  expect(eventLines(end)).toEqual({ weight: 'plain', lines: [`tried: ${told}`] });
  const again = { ...end, retry: true, error: checkFailure };
  expect(eventLines(again)?.lines).toEqual([expect.stringContaining('tried is tried again'), `tried: ${told}`]);
  const { repairs: _, candidates: __, candidate: ___, ...silent } = end;
  expect(eventLines(silent)).toBeUndefined();
  const report = toReport(reduceEvents([end]), '/runs/r');
  expect(report.results[0]).toMatchObject({ repairs: 1, candidates, candidate: 2 });
});

test('a plan says how many agents try', () => {
  const plan = samplePlan([sampleSubtask('one'), sampleSubtask('tried', { candidates: 3 })]);
  const lines = formatPlan(plan, { columns: 120 }).split('\n');
  expect(lines.find((line) => line.includes('one'))).toMatch(/ one +agent /);
  expect(lines.find((line) => line.includes('tried'))).toMatch(/ tried +3 × agent /);
});
