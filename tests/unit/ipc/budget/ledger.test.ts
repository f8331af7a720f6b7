import { expect, it } from 'vitest';
import type { Ask } from '../../../../ipc/budget/amounts.ts';
import {
  createLedgerMemory,
  emptyLedger,
  giveUpWorker,
  growLedger,
  joinLedger,
} from '../../../../ipc/budget/ledger.ts';

const never = new AbortController().signal;
const tokens = (amount: number) => ({ tokens: amount, money: amount });
const ask = (amount: number, least = amount): Ask => ({
  prompt: tokens(0),
  outputPrice: 1,
  outputTokens: amount,
  leastOutputTokens: least,
});

it('sets aside, and gives back what was not used', async () => {
  const ledger = joinLedger(createLedgerMemory(tokens(100), 2), 'a');
  expect(ledger.take(ask(60), never)).toBe(60);
  expect(ledger.standing()).toEqual({ limits: tokens(100), spent: tokens(0), reserved: tokens(60) });
  const second = ledger.take(ask(60), never);
  ledger.settle(tokens(60), tokens(10));
  expect(await second).toBe(60);
  ledger.settle(tokens(60), tokens(60));
  expect(ledger.standing()).toEqual({ limits: tokens(100), spent: tokens(70), reserved: tokens(0) });
  expect(ledger.take(ask(31), never)).toBe('never');
  expect(ledger.take(ask(31, 20), never)).toBe(30);
});

it('serves in order: a large request gets its turn though small ones would fit', async () => {
  const ledger = joinLedger(createLedgerMemory(tokens(100), 2), 'a');
  const served: string[] = [];
  ledger.take(ask(50), never);
  const large = Promise.resolve(ledger.take(ask(90), never)).then(() => served.push('large'));
  const small = Promise.resolve(ledger.take(ask(10), never)).then(() => served.push('small'));
  ledger.settle(tokens(50), tokens(0));
  await Promise.all([large, small]);
  expect(served).toEqual(['large', 'small']);
});

it('lets the next one go when who waits gives up', async () => {
  const ledger = joinLedger(createLedgerMemory(tokens(100), 2), 'a');
  const impatient = new AbortController();
  ledger.take(ask(50), never);
  const large = ledger.take(ask(90), impatient.signal);
  const small = ledger.take(ask(10), never);
  impatient.abort(new Error('no more'));
  await expect(large).rejects.toThrow('no more');
  expect(await small).toBe(10);
});

it('rejects at once for who has given up already', () => {
  const ledger = joinLedger(createLedgerMemory(tokens(100), 1), 'a');
  expect(() => ledger.take(ask(1), AbortSignal.abort(new Error('gone')))).toThrow('gone');
});

it('counts what a lost worker had set aside as spent, and gives its place in the line away', async () => {
  const memory = createLedgerMemory(tokens(100), 3);
  const [lost, other] = [joinLedger(memory, 'lost'), joinLedger(memory, 'other')];
  lost.take(ask(70), never);
  void lost.take(ask(100), never);
  const waiting = other.take(ask(30, 20), never);
  giveUpWorker(memory, 'lost');
  expect(await waiting).toBe(30);
  expect(other.standing()).toEqual({ limits: tokens(100), spent: tokens(70), reserved: tokens(30) });
});

it('has a place again for each that leaves, and says when there is none', () => {
  const memory = createLedgerMemory(tokens(1), 1);
  for (const name of ['a', 'b', 'c']) joinLedger(memory, name).leave();
  joinLedger(memory, 'd');
  expect(() => joinLedger(memory, 'e')).toThrow('no place');
});

it('asks for more where more can be had, and waits for it', async () => {
  const memory = createLedgerMemory(tokens(0), 1);
  growLedger(memory, tokens(0), true);
  const needed: number[] = [];
  const ledger = joinLedger(memory, 'a', { onNeed: ({ outputTokens }) => needed.push(outputTokens) });
  const waiting = ledger.take(ask(40), never);
  expect(needed).toEqual([40]);
  growLedger(memory, tokens(50), true);
  expect(await waiting).toBe(40);
  ledger.settle(tokens(40), tokens(15));
  expect(emptyLedger(memory)).toEqual({ spent: tokens(15), unused: tokens(35) });
  expect(ledger.standing()).toEqual({ limits: tokens(0), spent: tokens(0), reserved: tokens(0) });
});

it('goes short with what it has where no more can be had', async () => {
  const memory = createLedgerMemory(tokens(0), 1);
  growLedger(memory, tokens(0), true);
  const ledger = joinLedger(memory, 'a');
  const short = ledger.take(ask(40, 20), never);
  growLedger(memory, tokens(25), false);
  expect(await short).toBe(25);
  ledger.settle(tokens(25), tokens(24));
  expect(ledger.take(ask(40, 20), never)).toBe('never');
});

it('counts what was spent unasked, also beyond the limit', () => {
  const ledger = joinLedger(createLedgerMemory(tokens(10), 1), 'a');
  ledger.spend(tokens(25));
  expect(ledger.standing().spent).toEqual(tokens(25));
  expect(ledger.take(ask(1), never)).toBe('never');
});
