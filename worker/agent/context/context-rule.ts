/**
 * When an agent makes room in its context, from what its model can hold and costs. Called by run-agent.ts.
 *
 * Old results of tools are cleared first, all but the newest at once: each clear breaks the cache at the oldest of them,
 * so that what follows is written again (w) instead of read (r). Cleared early, little is saved for that price; cleared
 * late, what is old was paid for in many turns. Where R tokens are written again and results grow by g tokens a turn,
 * both together cost least with a clear every n turns, n² = 2R(w − r) ÷ (g·r): the cleared C = g·n are worth it from
 * C·n ≥ 2R(w/r − 1) on. A summary replaces the conversation only where clearing can't make room.
 */

import type { ModelTableFields } from '../../../tasks/index.ts';
import type { Model } from '../model/model.ts';
import { findModel } from '../model/model-table.ts';
import type { Clearing } from './clearing.ts';

export interface ContextRule {
  /** From this size on, tokens, clearing is considered. */
  clearAt: number;
  /** From this size on, tokens, room is made whatever it costs: the rest is for the answer. */
  compactAt: number;
  /** What writing a token to the cache costs more than reading it, in prices of reading. */
  breakPrice: number;
  /** The newest results stay. */
  keptResults: number;
  /** Further results stay as long as all that stay are no more than so many bytes. */
  keptBytes: number;
}

/** A model attends less well to what is long, and each turn pays for all of it, even where the window is larger. */
const mostBeforeClearing = 150_000;
const mostBeforeCompaction = 400_000;
/** Where no price is known, or none is asked: that of most models. */
const usualWriteToRead = 12.5;
/** Rather more than the truth, so that what is kept is no more than was meant. */
const bytesPerKeptToken = 3;

/** Undefined for a model of which nothing is known: room is made when it refuses a prompt as too long. */
export function contextRule(
  { name, limits }: Pick<Model, 'name' | 'limits'>,
  said?: ModelTableFields,
): ContextRule | undefined {
  const facts = findModel(name, said);
  const contextTokens = limits?.contextTokens ?? facts?.contextTokens;
  if (contextTokens === undefined) return undefined;
  const reserve = Math.min(limits?.outputTokens ?? contextTokens / 5, contextTokens / 2);
  const usable = contextTokens - reserve;
  const dearAbove = facts?.longPrompt?.aboveTokens ?? Number.POSITIVE_INFINITY;
  const compactAt = Math.floor(Math.min(0.9 * usable, mostBeforeCompaction, 0.95 * dearAbove));
  const clearAt = Math.floor(Math.min(0.65 * compactAt, mostBeforeClearing));
  const { cacheWrite = 0, cacheRead = 0 } = facts?.price ?? {};
  return {
    clearAt,
    compactAt,
    breakPrice: (cacheRead > 0 ? Math.max(1, cacheWrite / cacheRead) : usualWriteToRead) - 1,
    keptResults: 5,
    keptBytes: Math.floor(0.1 * clearAt * bytesPerKeptToken),
  };
}

export function paysBack({ clearedBytes, rewrittenBytes, turns }: Clearing, { breakPrice }: ContextRule): boolean {
  return clearedBytes * turns >= 2 * rewrittenBytes * breakPrice;
}
