import { expect, it } from 'vitest';
import { raiseBudget, raiseSubtaskBudgets, type SpendingLimits } from '../../../../coordinator/cli/raise-budget.ts';
import { type Budget, type ErrorRecord, noUsage } from '../../../../tasks/index.ts';
import { expandText } from '../../../support/expand-text.ts';

const given = (limits: Partial<SpendingLimits> = {}): SpendingLimits => ({
  usd: undefined,
  tokens: undefined,
  minutes: undefined,
  ...limits,
});

async function planWith(budget?: Budget) {
  const plan = await expandText(`subtasks:
  - { id: agent, prompt: Do it, budget: { usd: 1, tokens: 5 } }
  - { id: command, run: "true" }
`);
  return budget === undefined ? plan : { ...plan, budget };
}
const spent = (usd: number, error?: ErrorRecord) => ({ usage: { ...noUsage(), usd }, error });
const short: ErrorRecord = {
  code: 'budget-exhausted',
  message: '',
  next: '',
  failure: 'cancelled',
  data: { scope: 'run', limit: 'usd' },
};

it('gives back the same plan where nothing is raised', async () => {
  const plan = await planWith({ usd: 2 });
  expect(raiseBudget(plan, given(), spent(1))).toBe(plan);
});

it('raises the limits of the run, and of each agent', async () => {
  const plan = await planWith({ usd: 2, minutes: 5 });
  const raised = raiseBudget(plan, given({ usd: 3, subtaskUsd: 2, subtaskMinutes: 9 }), spent(1));
  expect(raised.budget).toEqual({ usd: 3, minutes: 5 });
  expect(raised.subtasks.map(({ budget }) => budget)).toEqual([{ usd: 2, tokens: 5, minutes: 9 }, undefined]);
  expect(raiseSubtaskBudgets(plan, {})).toBe(plan);
});

it('refuses to go on where nothing is left, or the same limit was too little before', async () => {
  const plan = await planWith({ usd: 2 });
  expect(() => raiseBudget(plan, given(), spent(2))).toThrow('used 2.00 of 2.00 USD already');
  expect(() => raiseBudget(plan, given(), spent(1.9, short))).toThrow('too little for another request');
  expect(raiseBudget(plan, given({ usd: 2.5 }), spent(1.9, short)).budget).toEqual({ usd: 2.5 });
});

it('says how much another request needs', async () => {
  const plan = await planWith({ usd: 2 });
  const needed = { ...short, data: { ...short.data, needed: 0.25001 } };
  expect(() => raiseBudget(plan, given(), spent(1.9, needed))).toThrow(
    'used 1.90 of 2.00 USD already, and what is left is too little for another request: one may take 0.2500 USD.',
  );
  try {
    raiseBudget(plan, given(), spent(1.9, needed));
  } catch (error) {
    expect(error).toMatchObject({ next: expect.stringContaining('at least --usd 2.1501') });
  }
  const tokens = await planWith({ tokens: 20_000 });
  const used = { usage: { ...noUsage(), outputTokens: 19_000 } };
  const data = { scope: 'run', limit: 'tokens', needed: 3_916 };
  expect(() => raiseBudget(tokens, given(), { ...used, error: { ...short, data } })).toThrow(
    'used 19,000 of 20,000 tokens already, and what is left is too little for another request: one may take 3,916 tokens.',
  );
  expect.assertions(5);
});
