/** What the prompt cache did for a run, from the records of its requests. Called by `fanfold logs --cache`. */

import type { PromptLayerName } from '../../ipc/index.ts';
import type { TextDifference } from '../../tasks/index.ts';
import { cacheFigures, type LayerFigures } from './cache-figures.ts';
import { cacheHistory } from './cache-history.ts';
import { type CacheMiss, findMisses, layerDifference } from './cache-misses.ts';
import { type CachePrefix, findPrefixes, prefixKey } from './cache-prefixes.ts';
import type { CacheRecords, CacheRequest } from './cache-records.ts';

export interface CacheReport {
  run: string;
  models: ModelCacheReport[];
  prefixes: PrefixReport[];
  misses: CacheMiss[];
  /** Lines of records that could not be read. */
  unreadable: number;
}

export interface ModelCacheReport {
  model: string;
  requests: number;
  /** Of these, requests without a whole answer, which the figures leave out. */
  failed: number;
  subtasks: number;
  /** Requests that waited until another had written what they share. */
  held: { requests: number; longestMs: number };
  layers: LayerFigures;
}

export interface PrefixReport extends CachePrefix {
  /** How it differs from the most used one of its model. */
  differs?: { layer: PromptLayerName; difference?: TextDifference };
}

export async function toCacheReport(
  run: string,
  { requests, unreadable, layerText }: CacheRecords,
): Promise<CacheReport> {
  const prefixes = findPrefixes(requests);
  const prefixOf = (request: CacheRequest): CachePrefix => {
    const prefix = prefixes.get(prefixKey(request));
    if (prefix === undefined) throw new RangeError('a request without its prefix');
    return prefix;
  };
  const history = cacheHistory(requests);
  const names = [...new Set(requests.map(({ model }) => model))].sort();
  return {
    run,
    models: names.map((model) => {
      const own = requests.filter((request) => request.model === model);
      const held = own.flatMap(({ heldMs }) => heldMs ?? []);
      return {
        model,
        requests: own.length,
        failed: own.filter(({ failed }) => failed === true).length,
        subtasks: new Set(own.map(({ subtask }) => subtask)).size,
        held: { requests: held.length, longestMs: Math.max(0, ...held) },
        layers: cacheFigures(
          history.filter(({ request }) => request.model === model),
          prefixOf,
        ),
      };
    }),
    prefixes: await Promise.all([...prefixes.values()].map((prefix) => prefixReport(prefix, prefixes, layerText))),
    misses: await findMisses(history, prefixOf, layerText),
    unreadable,
  };
}

async function prefixReport(
  prefix: CachePrefix,
  all: ReadonlyMap<string, CachePrefix>,
  layerText: CacheRecords['layerText'],
): Promise<PrefixReport> {
  const usual = [...all.values()].find(({ model }) => model === prefix.model);
  if (usual === undefined || usual === prefix) return prefix;
  const layer = usual.system === prefix.system ? 'run' : 'system';
  const difference = await layerDifference(usual[layer], prefix[layer], layerText);
  return { ...prefix, differs: { layer, ...(difference === undefined ? {} : { difference }) } };
}
