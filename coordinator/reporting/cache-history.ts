/**
 * What each request of a run found before it, in the order in which requests were sent: the request it goes on from, and
 * who had sent its prefix. Called by cache-report.ts.
 */
import { prefixKey } from './cache-prefixes.ts';
import type { CacheRequest } from './cache-records.ts';

export interface CacheHistory {
  request: CacheRequest;
  /** The one whose conversation it goes on with, unchanged. */
  previous: CacheRequest | undefined;
  /** One that had asked the same, word for word. */
  twin: CacheRequest | undefined;
  /** The one before it of the same subtask, whatever that had asked; undefined where it begins a conversation. */
  earlier: CacheRequest | undefined;
  /** The last one with the same shared prefix whose answer had begun when it was sent. */
  sibling: CacheRequest | undefined;
  /** One with the same prefix was sent before it, and had no answer yet. */
  rival: CacheRequest | undefined;
  /** The last one with the same tools and system text, as `sibling`. */
  cousin: CacheRequest | undefined;
  /** Nobody had asked with its prefix, or with its tools and system text. */
  isFirst: { prefix: boolean; system: boolean };
}

export function cacheHistory(requests: readonly CacheRequest[]): CacheHistory[] {
  const bySubtask = new Map<string, CacheRequest[]>();
  const byPrefix = new Map<string, CacheRequest[]>();
  const bySystem = new Map<string, CacheRequest[]>();
  const byContent = new Map<string, CacheRequest>();
  return requests
    .filter(({ failed }) => failed !== true)
    .toSorted((left, right) => left.at - right.at)
    .map((request) => {
      const own = listIn(bySubtask, `${request.subtask} ${request.candidate ?? ''} ${request.helper ?? ''}`);
      const alike = listIn(byPrefix, prefixKey(request));
      const related = listIn(bySystem, `${request.model} ${request.layers.system}`);
      const { before } = request;
      const previous =
        before === undefined
          ? undefined
          : own.findLast((one) => one.layers.conversation === before && prefixKey(one) === prefixKey(request));
      const found: CacheHistory = {
        request,
        previous,
        twin: byContent.get(contentKey(request)),
        earlier: before === undefined ? undefined : own.at(-1),
        sibling: alike.findLast((one) => hadBegun(one, request)),
        rival: before === undefined ? alike.find((one) => !hadBegun(one, request)) : undefined,
        cousin: related.findLast((one) => hadBegun(one, request)),
        isFirst: { prefix: alike.length === 0, system: related.length === 0 },
      };
      byContent.set(contentKey(request), request);
      for (const list of [own, alike, related]) list.push(request);
      return found;
    });
}

function contentKey(request: CacheRequest): string {
  return `${prefixKey(request)} ${request.layers.conversation}`;
}

function hadBegun({ at, begunMs }: CacheRequest, request: CacheRequest): boolean {
  return begunMs !== undefined && at + begunMs <= request.at;
}

function listIn(lists: Map<string, CacheRequest[]>, key: string): CacheRequest[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: CacheRequest[] = [];
  lists.set(key, list);
  return list;
}
