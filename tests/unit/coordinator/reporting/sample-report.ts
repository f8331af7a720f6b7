import type { Report, SubtaskReport } from '../../../../coordinator/reporting/report.ts';
import { type CheckResult, type ErrorRecord, noUsage } from '../../../../tasks/index.ts';

export const checkFailure: ErrorRecord = {
  code: 'check-failed',
  message: 'The check loads failed in the workspace: exit code 1.',
  next: 'Look at its output.',
  failure: 'permanent',
};

export function sampleCheck(changes: Partial<CheckResult> = {}): CheckResult {
  return { name: 'loads', passed: true, gate: true, durationMs: 300, exitCode: 0, outputTail: '', ...changes };
}

export function sampleResult(id: string, changes: Partial<SubtaskReport> = {}): SubtaskReport {
  const result: SubtaskReport = {
    id,
    status: 'landed',
    attempts: 1,
    commit: 'c'.repeat(40),
    changedFiles: ['a.js', 'b.js'],
    checks: [],
    usage: noUsage(),
    durationMs: 1_200,
    denials: 0,
  };
  return { ...result, ...changes };
}

export function failedResult(id: string, changes: Partial<SubtaskReport> = {}): SubtaskReport {
  const { commit: _commit, changedFiles: _files, ...rest } = sampleResult(id);
  return { ...rest, status: 'failed', error: checkFailure, ...changes };
}

/** A report whose counts and status follow from its results. */
export function sampleReport(results: SubtaskReport[], changes: Partial<Report> = {}): Report {
  const count = (status: SubtaskReport['status']) => results.filter((result) => result.status === status).length;
  const subtasks = {
    total: results.length,
    landed: count('landed'),
    unchanged: count('unchanged'),
    cached: count('cached'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    conflicted: count('conflicted'),
  };
  const good = subtasks.landed + subtasks.unchanged + subtasks.cached === results.length;
  return {
    version: 1,
    run: 'demo-20260101-000000-abcd',
    status: good ? 'succeeded' : 'failed',
    exitCode: good ? 0 : 1,
    name: 'demo',
    goal: 'Replace var by let',
    repository: '/repository',
    base: 'a'.repeat(40),
    branch: 'fanfold/demo',
    commit: 'b'.repeat(40),
    startTime: '2026-01-01T00:00:00.000Z',
    subtasks,
    results,
    gates: [],
    notices: [],
    messages: [],
    usage: noUsage(),
    durationMs: 65_000,
    denials: 0,
    folder: '/repository/.fanfold/runs/demo-20260101-000000-abcd',
    ...changes,
  };
}
