/**
 * What may be spent, what is set aside and what is spent, in memory that all threads of a process share: setting aside
 * costs no message. Called by the model's wrapper in workers, and by the coordinator, whose it is. Promise: what is spent
 * and set aside together never passes the limit, unless more is spent than was set aside; who has waited longest is next,
 * however much it asks for; what a lost worker had set aside counts as spent.
 */
import { createHash } from 'node:crypto';
import { FanfoldError } from '../../tasks/index.ts';
import { type Amounts, type Ask, costOfAsk, decide, unlimitedAmount } from './amounts.ts';
import { cells, createCells, headCells, type LedgerCells, type LedgerMemory, ticketOf } from './ledger-cells.ts';

export interface Ledger {
  /**
   * Sets aside what the request may cost, and says how long its answer may be, in tokens. Rejects with the reason of
   * `signal`.
   */
  take(ask: Ask, signal: AbortSignal): number | 'never' | Promise<number | 'never'>;
  /** What was set aside is free again, but for what was used. */
  settle(reserved: Amounts, used: Amounts): void;
  /** Something was spent that nothing was set aside for. */
  spend(used: Amounts): void;
  /** Of everybody. */
  standing(): Standing;
  /** Whoever is still waiting then waits for ever. */
  leave(): void;
}

export interface Standing {
  limits: Amounts;
  spent: Amounts;
  reserved: Amounts;
}

export interface LedgerOptions {
  /** Called when somebody of this thread has to wait for more than the ledger holds, where more can be had. */
  onNeed?: (need: Need) => void;
}

export interface Need {
  ask: Ask;
  /** Whose it is, among all that wait for this ledger. */
  ticket: bigint;
}

interface Waiter {
  ticket: bigint;
  ask: Ask;
  done: (granted: number | 'never') => void;
}

/** Somebody may have died between two steps of his: who waits looks again after so long, whatever happens. */
const lookAgainMs = 1_000;

/** A ledger for so many workers at once. */
export function createLedgerMemory(limits: Amounts, places: number): LedgerMemory {
  return createCells(limits, places);
}

/** Whatever this worker has set aside can be told from what others have, so that it is known when it is lost. */
export function joinLedger(memory: LedgerMemory, worker: string, { onNeed }: LedgerOptions = {}): Ledger {
  const book: LedgerCells = cells(memory);
  const place = claimPlace(book, worker);
  const waiting: Waiter[] = [];
  let watching = false;

  /** CAS, since others take from the same at any moment. */
  function takeFrom(cell: number, wanted: number): boolean {
    const amount = BigInt(wanted);
    for (;;) {
      const held = Atomics.load(book.words, cell);
      if (held < amount) return false;
      if (Atomics.compareExchange(book.words, cell, held, held - amount) === held) return true;
    }
  }

  /** Noted as outstanding first: who looks meanwhile waits rather than gives up. */
  function claim({ tokens, money }: Amounts): boolean {
    book.add(place.tokens, tokens);
    book.add(place.money, money);
    if (takeFrom(headCells.freeTokens, tokens)) {
      if (takeFrom(headCells.freeMoney, money)) return true;
      book.add(headCells.freeTokens, tokens);
    }
    book.add(place.tokens, -tokens);
    book.add(place.money, -money);
    return false;
  }

  function attempt(ask: Ask, ticket?: bigint): number | 'wait' | 'never' {
    for (;;) {
      const free = book.free();
      const granted = decide(ask, free, book.hasMore(ticket) ? everything : book.withReserved(free));
      if (typeof granted !== 'number' || claim(costOfAsk(ask, granted))) return granted;
    }
  }

  function serve(): void {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      if (next.ticket !== book.nextTicket()) return;
      const { ask, ticket } = next;
      const granted = attempt(ask, ticket);
      if (granted === 'wait') {
        if (book.hasMore(ticket)) onNeed?.({ ask, ticket });
        return;
      }
      waiting.shift();
      Atomics.store(book.words, place.ticket, waiting[0]?.ticket ?? 0n);
      book.wake();
      next.done(granted);
    }
  }

  async function watch(): Promise<void> {
    if (watching) return;
    watching = true;
    while (waiting.length > 0) {
      const seen = book.changes();
      serve();
      if (waiting.length > 0) await book.change(seen, lookAgainMs);
    }
    watching = false;
  }

  function drop(waiter: Waiter): void {
    const index = waiting.indexOf(waiter);
    if (index < 0) return;
    waiting.splice(index, 1);
    if (index > 0) return;
    Atomics.store(book.words, place.ticket, waiting[0]?.ticket ?? 0n);
    book.wake();
  }

  function queue(ask: Ask, signal: AbortSignal): Promise<number | 'never'> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        drop(waiter);
        reject(signal.reason);
      };
      const done = (granted: number | 'never'): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(granted);
      };
      const waiter: Waiter = { ticket: ticketOf(book), ask, done };
      signal.addEventListener('abort', onAbort, { once: true });
      if (waiting.push(waiter) === 1) Atomics.store(book.words, place.ticket, waiter.ticket);
      void watch();
    });
  }

  return {
    take(ask, signal) {
      signal.throwIfAborted();
      if (book.nextTicket() === undefined) {
        const granted = attempt(ask);
        if (granted !== 'wait') return granted;
      }
      return queue(ask, signal);
    },
    settle(reserved, used) {
      book.add(headCells.spentTokens, used.tokens);
      book.add(headCells.spentMoney, used.money);
      book.add(headCells.freeTokens, reserved.tokens - used.tokens);
      book.add(headCells.freeMoney, reserved.money - used.money);
      book.add(place.tokens, -reserved.tokens);
      book.add(place.money, -reserved.money);
      book.wake();
    },
    spend(used) {
      this.settle({ tokens: 0, money: 0 }, used);
    },
    standing: book.standing,
    leave() {
      for (const cell of [place.tokens, place.money, place.ticket]) Atomics.store(book.words, cell, 0n);
      // The place is somebody else's from here on.
      Atomics.store(book.words, place.owner, 0n);
      book.wake();
    },
  };
}

const everything: Amounts = { tokens: unlimitedAmount, money: unlimitedAmount };

/** The worker is gone: its requests may have cost all that was set aside for them. */
export function giveUpWorker(memory: LedgerMemory, worker: string): void {
  const book = cells(memory);
  for (const place of book.placesOf(ownerOf(worker))) {
    const tokens = Number(Atomics.exchange(book.words, place.tokens, 0n));
    const money = Number(Atomics.exchange(book.words, place.money, 0n));
    book.add(headCells.spentTokens, tokens);
    book.add(headCells.spentMoney, money);
    Atomics.store(book.words, place.ticket, 0n);
    Atomics.store(book.words, place.owner, 0n);
  }
  book.wake();
}

/**
 * Raises the limits by what somebody else has set aside. More can be had when that is used up, but not by the waiter with
 * the ticket `short`: it goes on with what there is, or not at all.
 */
export function growLedger(memory: LedgerMemory, granted: Amounts, short = 0n): void {
  const book = cells(memory);
  book.add(headCells.limitTokens, granted.tokens);
  book.add(headCells.limitMoney, granted.money);
  book.add(headCells.freeTokens, granted.tokens);
  book.add(headCells.freeMoney, granted.money);
  book.setMore(short);
  book.wake();
}

/** Takes out what is not set aside, and what was spent since. What is still set aside, `held`, is the limit from now on. */
export function emptyLedger(memory: LedgerMemory): { spent: Amounts; unused: Amounts; held: Amounts } {
  const book = cells(memory);
  const takeAll = (cell: number): number => Number(Atomics.exchange(book.words, cell, 0n));
  // Who has spent more than was set aside leaves less than nothing.
  const free = { tokens: takeAll(headCells.freeTokens), money: takeAll(headCells.freeMoney) };
  const spent = { tokens: takeAll(headCells.spentTokens), money: takeAll(headCells.spentMoney) };
  book.add(headCells.limitTokens, -spent.tokens - free.tokens);
  book.add(headCells.limitMoney, -spent.money - free.money);
  return { spent, unused: atLeastNothing(free), held: atLeastNothing(book.standing().limits) };
}

function atLeastNothing({ tokens, money }: Amounts): Amounts {
  return { tokens: Math.max(0, tokens), money: Math.max(0, money) };
}

function claimPlace(book: LedgerCells, worker: string): ReturnType<LedgerCells['place']> {
  const owner = ownerOf(worker);
  for (let index = 0; index < book.places; index += 1) {
    const place = book.place(index);
    if (Atomics.compareExchange(book.words, place.owner, 0n, owner) === 0n) {
      book.reach(index + 1);
      return place;
    }
  }
  throw new FanfoldError({
    code: 'internal',
    message: `The ledger of the budget has no place for ${worker}.`,
    next: 'Use fewer threads (--threads), and report this.',
  });
}

function ownerOf(worker: string): bigint {
  return createHash('sha256').update(worker).digest().readBigInt64LE() | 1n;
}
