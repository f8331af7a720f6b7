import { expect, it, onTestFinished, vi } from 'vitest';
import { type Budget, noUsage, type Subtask, totalTokens, type Usage } from '../../../../../tasks/index.ts';
import { openSpending, type Spending } from '../../../../../worker/agent/model/budget/spending.ts';
import type { Model } from '../../../../../worker/agent/model/model.ts';
import type { ModelSource } from '../../../../../worker/agent/model/model-source.ts';

const used = (inputTokens: number, usd = 0): Usage => ({ ...noUsage(), inputTokens, usd });
const request = { tools: [], system: [], messages: [] };
const { signal } = new AbortController();

/** Asks its purse for 100 tokens and uses 40 of them. */
const modest: Model = {
  name: 'modest',
  async stream(_request, { purse }) {
    const expense = { model: 'modest', costOf: () => 0, outputTokens: 0, leastOutputTokens: 0, known: used(100) };
    const paid = await purse?.reserve(expense, signal);
    if (paid !== undefined && 'error' in paid) return { ok: false, error: paid.error, usage: noUsage() };
    paid?.settle(used(40));
    return { ok: true, content: [], stopReason: 'end_turn', usage: used(40) };
  },
};
const source: ModelSource = { model: () => modest, async [Symbol.asyncDispose]() {} };

function open(budget: Budget | undefined, spent?: { usage: Usage; durationMs: number }): Spending {
  const subtask = { id: 's', ...(budget === undefined ? {} : { budget }) } as Subtask;
  const spending = openSpending({ subtask, ...(spent === undefined ? {} : { spent }) }, source);
  onTestFinished(() => spending[Symbol.dispose]());
  return spending;
}
const ask = (spending: Spending) => spending.models.model({}).stream(request, { signal });

it('counts everything that asks its models, where nothing is limited too', async () => {
  const spending = open(undefined);
  await Promise.all([ask(spending), ask(spending)]);
  spending.earlier(used(5));
  spending.beside(used(3));
  expect(totalTokens(spending.usage())).toBe(88);
  expect(spending.exhausted).toBeUndefined();
});

it('refuses what the budget has no room for, earlier attempts and deliveries counted', async () => {
  const spending = open({ tokens: 239 }, { usage: used(60), durationMs: 0 });
  spending.earlier(used(40));
  expect((await ask(spending)).ok).toBe(true);
  expect((await ask(spending)).ok).toBe(false);
  expect(spending.exhausted).toMatchObject({
    code: 'budget-exhausted',
    failure: 'permanent',
    next: expect.stringContaining('--subtask-tokens'),
    data: { scope: 'subtask', limit: 'tokens' },
  });
});

it('lends half of what is left, so that agent and helpers together keep the limit', async () => {
  const spending = open({ tokens: 1_000 }, { usage: used(200), durationMs: 0 });
  const [first, second] = [spending.lend(), spending.lend()];
  expect([totalTokens(first.spent), totalTokens(second.spent)]).toEqual([600, 800]);
  const helper = open({ tokens: 1_000 }, { usage: second.spent, durationMs: 0 });
  expect((await ask(helper)).ok).toBe(true);
  expect((await ask(helper)).ok).toBe(true);
  expect((await ask(helper)).ok).toBe(true);
  expect((await ask(helper)).ok).toBe(false);
  spending.beside(helper.usage());
  second.end(true);
  // The first is at work with its 400: 1,000 − 200 − 120 − 400 are left.
  const third = spending.lend();
  expect(totalTokens(third.spent)).toBe(860);
  third.end(true);
  // Of this one nobody knows what it still does.
  first.end(false);
  expect(totalTokens(spending.lend().spent)).toBe(860);
});

it('ends when its minutes are over, those of earlier attempts counted', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const spending = open({ minutes: 2 }, { usage: noUsage(), durationMs: 60_000 });
  vi.advanceTimersByTime(59_000);
  expect(spending.signal.aborted).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(spending.signal.reason).toMatchObject({ code: 'budget-exhausted', data: { limit: 'minutes' } });
});
