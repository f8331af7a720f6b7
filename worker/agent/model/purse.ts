/**
 * Where the money for requests comes from. Asked by models that send requests, before each of them: it is given to them
 * with the turn (StreamOptions). Promise: what is set aside is enough for the request, whatever the server does with it.
 */
import type { ErrorRecord, Usage } from '../../../tasks/index.ts';

export interface Purse {
  /** Waits for its turn, and for what others give back. Never rejects; `budget-exhausted` where there is too little. */
  reserve(expense: Expense, signal: AbortSignal): Promise<Reservation | { error: ErrorRecord }>;
}

export interface Expense {
  /** The model that is asked. */
  model: string;
  /** USD for so many tokens of one request. */
  costOf(tokens: Omit<Usage, 'usd'>): number;
  /** The longest answer that is wanted, tokens. */
  outputTokens: number;
  /** A request for a shorter one would be refused, or of no use. */
  leastOutputTokens: number;
  /** What it will use, where that is known. */
  known?: Usage;
}

export interface Reservation {
  /** The answer may not be longer, tokens. */
  outputTokens: number;
  /** The request has ended and has used so much. Called exactly once. */
  settle(usage: Usage): void;
}
