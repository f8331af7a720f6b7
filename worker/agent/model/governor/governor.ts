/**
 * The rate governor seam: whoever is about to send a request to a model enters here first. Called by anthropic-model.ts;
 * implemented by member.ts, which shares what it learns with every thread and process of this user on this machine.
 * Promise: entering costs nothing until a server shows a limit, waits for nothing but the limit, in the order in which
 * turns began, and ends with the signal.
 */
import type { Allowance } from './rate-limit-headers.ts';

/** How a request ended. */
export type Settlement =
  | { kind: 'answered'; inputTokens: number; outputTokens: number }
  /** By a limit or an overload; `retryAfterMs` is for how long nobody is to send. */
  | { kind: 'refused'; retryAfterMs?: number | undefined }
  /** It broke or was given up, which says nothing about limits. */
  | { kind: 'broken' };

export interface Permit {
  /** What the headers of the answer, or of the refusal, say. */
  learn(allowances: readonly Allowance[]): void;
  /** Called exactly once. */
  settle(settlement: Settlement): void;
}

export interface Entry {
  /** When the turn began, ms since the epoch; the same for all its requests. */
  order: number;
  signal: AbortSignal;
  /** How long it is going to take, about; called at most once, and not for less than a second. */
  onWait: (ms: number) => void;
}

export interface Governor extends AsyncDisposable {
  /**
   * `lane` names server, credential and model, and is no secret. The promise rejects with the signal's reason; a permit
   * that needs no waiting is returned at once.
   */
  enter(lane: string, entry: Entry): Permit | Promise<Permit>;
}
