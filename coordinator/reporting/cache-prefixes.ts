/**
 * The prefixes that agents share, and how many tokens they have: servers count tokens only for whole requests. Called by
 * cache-report.ts. A first request that reads a prefix tells its exact length; where none does, its share of the bytes
 * is taken.
 */
import type { CacheRequest } from './cache-records.ts';

export interface CachePrefix {
  model: string;
  /** Digests; see PromptRecord. */
  system: string;
  run: string;
  requests: number;
  subtasks: number;
  /** Tokens of the tools and system text; an estimate where the run layer is not empty. */
  systemTokens: number;
  /** Tokens of both layers. */
  tokens: number;
  /** True where a request read exactly so many. */
  isMeasured: boolean;
  minimum: number;
}

/** How far an estimate by bytes is off at most. */
const tolerance = 0.25;

export function promptTokens({ uncached, read, written }: CacheRequest): number {
  return uncached + read + written;
}

export function prefixKey({ model, layers }: CacheRequest): string {
  return [model, layers.system, layers.run].join(' ');
}

/** By their keys, those of most requests first. */
export function findPrefixes(requests: readonly CacheRequest[]): Map<string, CachePrefix> {
  const groups = new Map<string, CacheRequest[]>();
  for (const request of requests) {
    const key = prefixKey(request);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [request]);
    else group.push(request);
  }
  const found = [...groups].map(([key, group]) => [key, prefixOf(group)] as const);
  return new Map(found.sort(([, left], [, right]) => right.requests - left.requests));
}

function prefixOf(group: readonly CacheRequest[]): CachePrefix {
  const answered = group.filter(({ failed }) => failed !== true);
  const shortest = answered.toSorted((left, right) => left.bytes.conversation - right.bytes.conversation)[0];
  const estimate = shortest === undefined ? 0 : estimated(shortest);
  const openings = answered.filter(({ before }) => before === undefined);
  const near = openings.filter(({ read }) => read > 0 && Math.abs(read - estimate) <= tolerance * estimate);
  // Two that ask the same from the first word on share more than the prefix.
  const asked = countsOf(openings.map(({ layers }) => layers.conversation));
  const alone = near.filter(({ layers }) => asked.get(layers.conversation) === 1);
  const measured = mostCommon(alone.map(({ read }) => read)) ?? smallest(near.map(({ read }) => read));
  const tokens = measured ?? estimate;
  const { model = '', layers = { system: '', run: '' }, bytes = { system: 1, run: 0 }, minimum = 0 } = group[0] ?? {};
  return {
    model,
    system: layers.system,
    run: layers.run,
    requests: group.length,
    subtasks: new Set(group.map(({ subtask }) => subtask)).size,
    systemTokens: Math.round((tokens * bytes.system) / (bytes.system + bytes.run)),
    tokens,
    isMeasured: measured !== undefined,
    minimum,
  };
}

function estimated(request: CacheRequest): number {
  const { system, run, conversation } = request.bytes;
  return Math.round((promptTokens(request) * (system + run)) / (system + run + conversation));
}

function mostCommon(values: readonly number[]): number | undefined {
  return [...countsOf(values)].sort(([, left], [, right]) => right - left)[0]?.[0];
}

function smallest(values: readonly number[]): number | undefined {
  return values.toSorted((left, right) => left - right)[0];
}

function countsOf<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
