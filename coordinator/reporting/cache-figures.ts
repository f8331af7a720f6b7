/**
 * What input costs with a prompt cache, in tokens at the plain price: a write counts 1.25, a read 0.1. Called by
 * cache-report.ts. The least possible for the same conversations: what agents share is written once and read after that,
 * and so is each part of a conversation.
 */
import type { PromptLayerName } from '../../ipc/index.ts';
import type { CacheHistory } from './cache-history.ts';
import { type CachePrefix, promptTokens } from './cache-prefixes.ts';

export interface CacheFigures {
  tokens: number;
  read: number;
  written: number;
  uncached: number;
  /** Read of all tokens, 0 to 1. */
  hitRate: number;
  /** Cost in tokens at the plain price. */
  effective: number;
  least: number;
}

export type LayerFigures = Record<PromptLayerName | 'all', CacheFigures>;

/** Where reading and writing end, in tokens from the start of the prompt. */
interface Division {
  read: number;
  written: number;
  end: number;
}

const writeCost = 1.25;
const readCost = 0.1;

export function cacheFigures(
  history: readonly CacheHistory[],
  prefixOf: (request: CacheHistory['request']) => CachePrefix,
): LayerFigures {
  const figures: LayerFigures = { system: none(), run: none(), conversation: none(), all: none() };
  for (const one of history) {
    const { request } = one;
    const prefix = prefixOf(request);
    const real = { read: request.read, written: request.read + request.written, end: promptTokens(request) };
    const best = leastDivision(one, prefix, real.end);
    const ends = [prefix.systemTokens, prefix.tokens, real.end].map((end) => Math.min(end, real.end));
    const [system = 0, shared = 0, end = 0] = ends;
    add(figures.system, real, best, 0, system);
    add(figures.run, real, best, system, shared);
    add(figures.conversation, real, best, shared, end);
    add(figures.all, real, best, 0, end);
  }
  for (const layer of Object.values(figures)) layer.hitRate = layer.tokens === 0 ? 0 : layer.read / layer.tokens;
  return figures;
}

function leastDivision(one: CacheHistory, prefix: CachePrefix, end: number): Division {
  if (end < prefix.minimum) return { read: 0, written: 0, end };
  const readable = mostReadable(one, prefix);
  return { read: readable < prefix.minimum ? 0 : Math.min(readable, end), written: end, end };
}

function mostReadable({ previous, twin, isFirst }: CacheHistory, { tokens, systemTokens }: CachePrefix): number {
  const same = twin ?? previous;
  if (same !== undefined) return promptTokens(same);
  if (!isFirst.prefix) return tokens;
  return isFirst.system ? 0 : systemTokens;
}

function add(figures: CacheFigures, real: Division, best: Division, from: number, to: number): void {
  const share = shareOf(real, from, to);
  figures.tokens += to - from;
  figures.read += share.read;
  figures.written += share.written;
  figures.uncached += share.uncached;
  figures.effective += costOf(share);
  figures.least += costOf(shareOf(best, from, to));
}

function shareOf({ read, written }: Division, from: number, to: number) {
  const within = (place: number): number => Math.min(Math.max(place, from), to);
  return {
    read: within(read) - from,
    written: within(written) - within(read),
    uncached: to - within(written),
  };
}

function costOf({ read, written, uncached }: ReturnType<typeof shareOf>): number {
  return readCost * read + writeCost * written + uncached;
}

function none(): CacheFigures {
  return { tokens: 0, read: 0, written: 0, uncached: 0, hitRate: 0, effective: 0, least: 0 };
}
