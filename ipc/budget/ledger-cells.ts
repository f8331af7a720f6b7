/** Where a ledger keeps what: words of 64 bits in shared memory, changed by atomic operations alone. */
import type { Amounts } from './amounts.ts';

export type LedgerMemory = SharedArrayBuffer;

/** The words that everybody changes. */
export const headCells = {
  freeTokens: 0,
  freeMoney: 1,
  limitTokens: 2,
  limitMoney: 3,
  spentTokens: 4,
  spentMoney: 5,
  tickets: 6,
  /** Two halves: how often something has changed, and whether more can be had from elsewhere. */
  signals: 7,
  /** Places after this one were never taken. */
  reached: 8,
  /** Of the one that gets no more from elsewhere; 0 for nobody. */
  short: 9,
} as const;

const headWords = 10;
const wordsOfPlace = 4;
const bytesOfWord = 8;

/** The words of one worker. */
export interface Place {
  owner: number;
  tokens: number;
  money: number;
  /** Of the one of it that has waited longest; 0 where nobody waits. */
  ticket: number;
}

export interface LedgerCells {
  words: BigInt64Array;
  places: number;
  place(index: number): Place;
  placesOf(owner: bigint): Place[];
  /** So many places have been taken at least once. */
  reach(count: number): void;
  add(cell: number, amount: number): void;
  free(): Amounts;
  /** What there would be if all that is set aside came back. */
  withReserved(free: Amounts): Amounts;
  /** Of the one that has waited longest; undefined where nobody waits. */
  nextTicket(): bigint | undefined;
  /** Whether more can be had from elsewhere by whoever has that ticket, or none yet. */
  hasMore(ticket?: bigint): boolean;
  /** More can be had by all but the one with that ticket. */
  setMore(short: bigint): void;
  changes(): number;
  /** Resolves when there were changes since, or after `ms`. */
  change(seen: number, ms: number): Promise<unknown>;
  wake(): void;
  standing(): { limits: Amounts; spent: Amounts; reserved: Amounts };
}

export function createCells({ tokens, money }: Amounts, places: number): LedgerMemory {
  const memory = new SharedArrayBuffer((headWords + places * wordsOfPlace) * bytesOfWord);
  const words = new BigInt64Array(memory);
  for (const cell of [headCells.freeTokens, headCells.limitTokens]) words[cell] = BigInt(tokens);
  for (const cell of [headCells.freeMoney, headCells.limitMoney]) words[cell] = BigInt(money);
  return memory;
}

export function cells(memory: LedgerMemory): LedgerCells {
  const words = new BigInt64Array(memory);
  const signals = new Int32Array(memory, headCells.signals * bytesOfWord, 2);
  const places = (words.length - headWords) / wordsOfPlace;
  const read = (cell: number): number => Number(Atomics.load(words, cell));
  const reached = (): number => read(headCells.reached);

  function place(index: number): Place {
    const first = headWords + index * wordsOfPlace;
    return { owner: first, tokens: first + 1, money: first + 2, ticket: first + 3 };
  }

  function reserved(): Amounts {
    let [tokens, money] = [0, 0];
    for (let index = reached() - 1; index >= 0; index -= 1) {
      const first = headWords + index * wordsOfPlace;
      tokens += read(first + 1);
      money += read(first + 2);
    }
    return { tokens, money };
  }

  const free = (): Amounts => ({ tokens: read(headCells.freeTokens), money: read(headCells.freeMoney) });

  return {
    words,
    places,
    place,
    placesOf(owner) {
      const all = Array.from({ length: reached() }, (_, index) => place(index));
      return all.filter((one) => Atomics.load(words, one.owner) === owner);
    },
    reach(count) {
      for (let known = reached(); known < count; known = reached()) {
        Atomics.compareExchange(words, headCells.reached, BigInt(known), BigInt(count));
      }
    },
    add(cell, amount) {
      Atomics.add(words, cell, BigInt(amount));
    },
    free,
    withReserved({ tokens, money }) {
      const outstanding = reserved();
      return { tokens: tokens + outstanding.tokens, money: money + outstanding.money };
    },
    nextTicket() {
      let least: bigint | undefined;
      for (let index = reached() - 1; index >= 0; index -= 1) {
        const ticket = Atomics.load(words, headWords + index * wordsOfPlace + 3);
        if (ticket !== 0n && (least === undefined || ticket < least)) least = ticket;
      }
      return least;
    },
    hasMore: (ticket) => Atomics.load(signals, 1) === 1 && Atomics.load(words, headCells.short) !== ticket,
    setMore(short) {
      Atomics.store(words, headCells.short, short);
      Atomics.store(signals, 1, 1);
    },
    changes: () => Atomics.load(signals, 0),
    async change(seen, ms) {
      const { async: waits, value } = Atomics.waitAsync(signals, 0, seen, ms);
      return waits ? await value : value;
    },
    wake() {
      Atomics.add(signals, 0, 1);
      Atomics.notify(signals, 0);
    },
    standing: () => ({
      limits: { tokens: read(headCells.limitTokens), money: read(headCells.limitMoney) },
      spent: { tokens: read(headCells.spentTokens), money: read(headCells.spentMoney) },
      reserved: reserved(),
    }),
  };
}

/** Later ones are greater. */
export function ticketOf({ words }: LedgerCells): bigint {
  return Atomics.add(words, headCells.tickets, 1n) + 1n;
}
