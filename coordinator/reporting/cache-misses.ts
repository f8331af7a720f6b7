/**
 * Requests that read less from the prompt cache than an earlier request had written for them, and why. Called by
 * cache-report.ts. Promise: what is told as a cause was compared, not guessed; where all is the same and its time was
 * not over, it was the server.
 */

import type { PromptLayerName } from '../../ipc/index.ts';
import { firstDifference, type TextDifference } from '../../tasks/index.ts';
import type { CacheHistory } from './cache-history.ts';
import { type CachePrefix, promptTokens } from './cache-prefixes.ts';
import type { CacheRequest } from './cache-records.ts';

export type MissCause =
  /** A layer is not what it was; the difference is absent where the texts are not known. */
  | { kind: 'changed'; layer: PromptLayerName; difference?: TextDifference }
  | { kind: 'other-model'; before: string }
  /** It was sent before the answer to `rival`, which writes the same prefix, had begun. */
  | { kind: 'too-early'; rival: string; byMs: number }
  /** It was not used for longer than it is kept. */
  | { kind: 'expired'; afterMs: number }
  | { kind: 'evicted' };

export interface CacheMiss {
  subtask: string;
  attempt: number;
  candidate?: number;
  helper?: number;
  request: number;
  model: string;
  /** Tokens. */
  read: number;
  expected: number;
  cause: MissCause;
}

type LayerText = (digest: string) => Promise<string | undefined>;

/** Ms from the start of the last request that wrote or read it. */
const lifetimeMs = 300_000;
/** By which the length of a prefix that was not measured may be wrong. */
const uncertainty = 0.2;

export async function findMisses(
  history: readonly CacheHistory[],
  prefixOf: (request: CacheRequest) => CachePrefix,
  layerText: LayerText,
): Promise<CacheMiss[]> {
  const misses: CacheMiss[] = [];
  for (const one of history) {
    const found =
      one.earlier === undefined ? missOfFirst(one, prefixOf(one.request)) : await missOfNext(one, layerText);
    const { subtask, attempt, candidate, helper, number, model, read } = one.request;
    const which = {
      subtask,
      attempt,
      ...(candidate === undefined ? {} : { candidate }),
      ...(helper === undefined ? {} : { helper }),
    };
    if (found !== undefined) misses.push({ ...which, request: number, model, read, ...found });
  }
  return misses;
}

type Found = Pick<CacheMiss, 'expected' | 'cause'>;

function missOfFirst({ request, sibling, rival, cousin }: CacheHistory, prefix: CachePrefix): Found | undefined {
  const { tokens, systemTokens, isMeasured } = prefix;
  const shared = sibling ?? rival;
  const expected = shared !== undefined ? tokens : cousin !== undefined ? systemTokens : 0;
  const isSure = shared !== undefined && isMeasured;
  if (expected < prefix.minimum || request.read >= (isSure ? expected : expected * (1 - uncertainty))) return undefined;
  const last = sibling ?? (rival === undefined ? cousin : undefined);
  if (last !== undefined) return { expected, cause: byTime(last, request) };
  if (rival === undefined) return undefined;
  const name = rival.subtask;
  return { expected, cause: { kind: 'too-early', rival: name, byMs: (rival.begunMs ?? 0) + rival.at - request.at } };
}

async function missOfNext(
  { request, previous, earlier }: CacheHistory,
  layerText: LayerText,
): Promise<Found | undefined> {
  const last = previous ?? earlier;
  if (last === undefined) return undefined;
  const expected = Math.min(last.read + last.written, promptTokens(request));
  if (expected < request.minimum || request.read >= expected) return undefined;
  if (previous !== undefined) return { expected, cause: byTime(previous, request) };
  if (last.model !== request.model) return { expected, cause: { kind: 'other-model', before: last.model } };
  for (const layer of ['system', 'run'] as const) {
    if (last.layers[layer] === request.layers[layer]) continue;
    const difference = await layerDifference(last.layers[layer], request.layers[layer], layerText);
    return { expected, cause: changed(layer, difference) };
  }
  return { expected, cause: changed('conversation', request.changed) };
}

/** Undefined where they are equal, or one of them is not known. */
export async function layerDifference(
  before: string,
  after: string,
  layerText: LayerText,
): Promise<TextDifference | undefined> {
  const text = async (digest: string) => (digest === '' ? '' : layerText(digest));
  const [left, right] = await Promise.all([text(before), text(after)]);
  return left === undefined || right === undefined ? undefined : firstDifference(left, right);
}

function changed(layer: PromptLayerName, difference: TextDifference | undefined): MissCause {
  return { kind: 'changed', layer, ...(difference === undefined ? {} : { difference }) };
}

function byTime(last: CacheRequest, request: CacheRequest): MissCause {
  const afterMs = request.at - last.at;
  return afterMs > lifetimeMs ? { kind: 'expired', afterMs } : { kind: 'evicted' };
}
