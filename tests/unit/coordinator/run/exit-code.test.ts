import { expect, it } from 'vitest';
import { exitCodeOf } from '../../../../coordinator/run/exit-code.ts';
import {
  type ErrorRecord,
  initialRunState,
  noUsage,
  type SubtaskState,
  subtaskCounts,
} from '../../../../tasks/index.ts';

type Ended = Pick<SubtaskState, 'status'> & { code?: ErrorRecord['code']; failure?: ErrorRecord['failure'] };

function codeOf(ended: readonly Ended[], gateFailed = false): number {
  const state = initialRunState();
  for (const [index, { status, code, failure = 'permanent' }] of ended.entries()) {
    const id = `s${index}`;
    const error = code === undefined ? {} : { error: { code, message: '', next: '', failure } };
    const counted = { usage: noUsage(), attemptUsage: noUsage(), turns: 0, denials: 0, checks: [] };
    state.subtasks[id] = { id, status, attempt: 1, ...counted, ...error };
    state.counts[status] += 1;
  }
  return exitCodeOf(state, subtaskCounts(state), gateFailed);
}

it('is 5 where a budget left anything undone, whatever else went wrong', () => {
  const short: Ended = { status: 'failed', code: 'budget-exhausted' };
  expect(codeOf([{ status: 'landed' }, short])).toBe(5);
  expect(codeOf([{ status: 'failed', code: 'check-failed' }, { status: 'conflicted' }, short], true)).toBe(5);
  expect(codeOf([{ status: 'cancelled', code: 'budget-exhausted', failure: 'cancelled' }])).toBe(5);
});

it('ranks a gate before a conflict before failures before infrastructure', () => {
  const infrastructure: Ended = { status: 'failed', code: 'model-failed' };
  const ordinary: Ended = { status: 'failed', code: 'agent-turn-limit' };
  const conflict: Ended = { status: 'conflicted', code: 'merge-conflict' };
  expect(codeOf([{ status: 'landed' }])).toBe(0);
  expect(codeOf([infrastructure])).toBe(6);
  expect(codeOf([infrastructure, ordinary])).toBe(1);
  expect(codeOf([infrastructure, ordinary, conflict])).toBe(4);
  expect(codeOf([infrastructure, ordinary, conflict, { status: 'failed', code: 'gate-failed' }])).toBe(3);
});
