import { expect, it, onTestFinished, vi } from 'vitest';
import { openBudget, type RunBudgetOptions } from '../../../../coordinator/run/budget.ts';
import { type ErrorRecord, type FanfoldEvent, initialRunState, noUsage } from '../../../../tasks/index.ts';

function open(options: Partial<RunBudgetOptions>) {
  const told: { short: ErrorRecord[]; exhausted: string[] } = { short: [], exhausted: [] };
  const budget = openBudget({
    budget: undefined,
    spent: [],
    threads: 2,
    onShort: (error) => told.short.push(error),
    onExhausted: (error) => told.exhausted.push(error.message),
    ...options,
  });
  onTestFinished(budget.stop);
  return { budget, told };
}

const using = (usd: number, inputTokens = 0) => ({ ...initialRunState(), usage: { ...noUsage(), usd, inputTokens } });
const base = { time: '2026-11-22T10:00:00.000Z', run: 'r', subtask: 's', attempt: 1, worker: 'worker-1' };
const modelEnd: FanfoldEvent = {
  ...base,
  type: 'model-end',
  turn: 1,
  model: 'm',
  usage: noUsage(),
  stopReason: null,
  durationMs: 1,
};
const attemptEnd = (error?: ErrorRecord): FanfoldEvent => ({
  ...base,
  type: 'attempt-end',
  result: error === undefined ? 'done' : 'cancelled',
  retry: false,
  usage: noUsage(),
  durationMs: 1,
  denials: 0,
  ...(error === undefined ? {} : { error }),
});

it('ends the run where more was spent than there is, not where it is all spent', () => {
  const { budget, told } = open({ budget: { usd: 0.3, tokens: 100 } });
  budget.see(modelEnd, using(0.1 + 0.2, 100));
  expect(told.exhausted).toEqual([]);
  budget.see(modelEnd, using(0.31));
  budget.see(attemptEnd(), using(0, 101));
  expect(told.exhausted).toEqual(['The run has spent 0.3100 of 0.3000 USD.', 'The run has used 101 of 100 tokens.']);
});

it('lets the run end where a request did not fit into its budget, not where a subtask has used up its own', () => {
  const { budget, told } = open({ budget: { usd: 1 } });
  const error = (scope: string): ErrorRecord => ({
    code: 'budget-exhausted',
    message: scope,
    next: '',
    failure: 'permanent',
    data: { scope },
  });
  budget.see(attemptEnd(error('subtask')), using(0.5));
  budget.see(attemptEnd(error('run')), using(0.5));
  expect(told.short.map(({ message }) => message)).toEqual(['run']);
});

it('ends the run when its minutes are over', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { told } = open({ budget: { minutes: 2 } });
  vi.advanceTimersByTime(119_000);
  expect(told.exhausted).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(told.exhausted).toEqual(['The 2 minutes of the run are over.']);
});

it('has a ledger only where money or tokens are limited, with what was spent before', () => {
  expect(open({ budget: { minutes: 1 } }).budget.memory).toBeUndefined();
  expect(open({}).budget.memory).toBeUndefined();
  const { budget } = open({ budget: { usd: 1 }, spent: [{ ...noUsage(), usd: 0.25, inputTokens: 7 }] });
  expect(budget.ledger?.standing()).toMatchObject({
    limits: { money: 100_000_000 },
    spent: { tokens: 7, money: 25_000_000 },
  });
});
