import { expect, it, onTestFinished, vi } from 'vitest';
import type { Ask } from '../../../../ipc/budget/amounts.ts';
import {
  createLedgerMemory,
  emptyLedger,
  giveUpWorker,
  growLedger,
  joinLedger,
  type Need,
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
  growLedger(memory, tokens(0));
  const needed: number[] = [];
  const ledger = joinLedger(memory, 'a', { onNeed: ({ ask: { outputTokens } }) => needed.push(outputTokens) });
  const waiting = ledger.take(ask(40), never);
  expect(needed).toEqual([40]);
  growLedger(memory, tokens(50));
  expect(await waiting).toBe(40);
  ledger.settle(tokens(40), tokens(15));
  expect(emptyLedger(memory)).toEqual({ spent: tokens(15), unused: tokens(35), held: tokens(0) });
  expect(ledger.standing()).toEqual({ limits: tokens(0), spent: tokens(0), reserved: tokens(0) });
});

it('goes short with what it has where no more can be had for it; the next one asks for itself', async () => {
  const memory = createLedgerMemory(tokens(0), 1);
  growLedger(memory, tokens(0));
  const needs: Need[] = [];
  const ledger = joinLedger(memory, 'a', { onNeed: (need) => needs.push(need) });
  const short = ledger.take(ask(40, 20), never);
  const next = ledger.take(ask(60, 50), never);
  growLedger(memory, tokens(25), needs[0]?.ticket);
  expect(await short).toBe(25);
  await expect.poll(() => needs.at(-1)?.ask.outputTokens, { timeout: 20_000 }).toBe(60);
  growLedger(memory, tokens(10), needs.at(-1)?.ticket);
  expect(await next).toBe('never');
  expect(ledger.take(ask(10), never)).toBe(10);
});

it('does not tell who comes later that there is no more, when the one it was said to has given up', async () => {
  const memory = createLedgerMemory(tokens(0), 1);
  growLedger(memory, tokens(0));
  const needs: Need[] = [];
  const ledger = joinLedger(memory, 'a', { onNeed: (need) => needs.push(need) });
  const impatient = new AbortController();
  const first = ledger.take(ask(40), impatient.signal);
  impatient.abort(new Error('no more'));
  await expect(first).rejects.toThrow('no more');
  growLedger(memory, tokens(0), needs[0]?.ticket);
  const second = ledger.take(ask(30), never);
  await expect.poll(() => needs.at(-1)?.ask.outputTokens, { timeout: 20_000 }).toBe(30);
  growLedger(memory, tokens(30));
  expect(await second).toBe(30);
});

it('gives out what was spent beyond what was set aside, and what others still have set aside', () => {
  const memory = createLedgerMemory(tokens(0), 2);
  growLedger(memory, tokens(100));
  const [one, other] = [joinLedger(memory, 'one'), joinLedger(memory, 'other')];
  one.take(ask(50), never);
  other.take(ask(50), never);
  one.settle(tokens(50), tokens(60));
  expect(emptyLedger(memory)).toEqual({ spent: tokens(60), unused: tokens(0), held: tokens(50) });
  other.settle(tokens(50), tokens(20));
  expect(emptyLedger(memory)).toEqual({ spent: tokens(20), unused: tokens(30), held: tokens(0) });
});

it('leaves its place only when nothing of it is left: who takes it then keeps what it sets aside', () => {
  const memory = createLedgerMemory(tokens(100), 1);
  const ledger = joinLedger(memory, 'leaving');
  const store = Atomics.store;
  const taken: unknown[] = [];
  const tryToJoin = () => {
    try {
      taken.push(joinLedger(memory, 'coming').take(ask(60), never));
    } catch (error) {
      expect(String(error)).toContain('no place');
    }
  };
  const spy = vi.spyOn(Atomics, 'store').mockImplementation(((...values: Parameters<typeof store>) => {
    const stored = store(...values);
    tryToJoin();
    return stored;
  }) as typeof store);
  onTestFinished(() => spy.mockRestore());
  ledger.leave();
  expect(taken).toEqual([60]);
  expect(ledger.standing().reserved).toEqual(tokens(60));
});

it('counts what was spent unasked, also beyond the limit', () => {
  const ledger = joinLedger(createLedgerMemory(tokens(10), 1), 'a');
  ledger.spend(tokens(25));
  expect(ledger.standing().spent).toEqual(tokens(25));
  expect(ledger.take(ask(1), never)).toBe('never');
});
