import { expect, it } from 'vitest';
import { createOutsideMoney } from '../../../../coordinator/workers/outside-money.ts';
import { type Control, createLedgerMemory, joinLedger } from '../../../../ipc/index.ts';

const tokens = (amount: number) => ({ tokens: amount, money: amount });
const worker = 'outside-abc123';
const ask = (request: number, amount: number): Control & { action: 'budget-ask' } => ({
  action: 'budget-ask',
  worker,
  request,
  ask: { prompt: tokens(0), outputPrice: 1, outputTokens: amount, leastOutputTokens: amount },
});

function open(limit: number) {
  const ledger = joinLedger(createLedgerMemory(tokens(limit), 2), 'coordinator');
  const told: Control[] = [];
  const money = createOutsideMoney(ledger, (control) => void told.push(control));
  return { ledger, told, money };
}

it('grants what there is, and takes back what was not used', async () => {
  const { ledger, told, money } = open(100);
  money.take(ask(1, 60));
  await expect
    .poll(() => told)
    .toMatchObject([{ action: 'budget-grant', request: 1, granted: tokens(60), more: true }]);
  money.take({ action: 'budget-return', worker, spent: tokens(20), unused: tokens(40) });
  expect(ledger.standing()).toMatchObject({ spent: tokens(20), reserved: tokens(0) });
  money.take(ask(2, 90));
  await expect.poll(() => told.at(-1)).toMatchObject({ request: 2, granted: tokens(0), more: false });
});

it('lets one wait for what another has set aside', async () => {
  const { ledger, told, money } = open(100);
  ledger.take(ask(1, 70).ask, new AbortController().signal);
  money.take(ask(1, 60));
  ledger.settle(tokens(70), tokens(10));
  await expect.poll(() => told).toMatchObject([{ granted: tokens(60) }]);
});

it('counts what a dead process held as spent, and forgets what it waits for', async () => {
  const { ledger, told, money } = open(100);
  money.take(ask(1, 60));
  await expect.poll(() => told.length).toBe(1);
  money.take({ action: 'budget-return', worker, spent: tokens(10), unused: tokens(15) });
  money.take(ask(2, 80));
  money.gone(worker);
  expect(ledger.standing()).toMatchObject({ spent: tokens(45), reserved: tokens(0) });
  expect(ledger.take(ask(3, 55).ask, new AbortController().signal)).toBe(55);
});

it('counts what a process has spent of what an earlier coordinator gave it', () => {
  const { ledger, money } = open(100);
  money.take({ action: 'budget-return', worker, spent: tokens(30), unused: tokens(50) });
  expect(ledger.standing()).toMatchObject({ spent: tokens(30), reserved: tokens(0) });
});
