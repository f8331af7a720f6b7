// @ts-check
import { asksForCaching, countInputTokens, promptParts } from './prompt-parts.js';

/**
 * @import { MessagesRequest, Ttl } from './types.d.ts'
 * @import { PromptPart } from './prompt-parts.js'
 */

/**
 * @typedef {object} InputUsage
 * @property {number} input tokens after the last breakpoint
 * @property {number} read
 * @property {number} created5m
 * @property {number} created1h
 */

/**
 * @typedef {object} Measurement
 * @property {InputUsage} usage
 * @property {() => void} begin makes what this request wrote readable; call when its answer begins
 */

/**
 * @typedef {object} PromptCacheOptions
 * @property {number} minimumTokens
 * @property {() => number} now ms
 */

/** The breakpoint itself is the first of the positions looked at. */
const lookBack = 20;
const lifetimeMs = { '5m': 300_000, '1h': 3_600_000 };
const maximumEntries = 200_000;

/**
 * The documented behaviour of prompt caching: exact prefixes, written at breakpoints only, readable once the answer
 * that wrote them has begun, found from up to 20 blocks after them, refreshed by use.
 * @param {PromptCacheOptions} options
 */
export function createPromptCache({ minimumTokens, now }) {
  /** @type {Map<string, { ttl: Ttl, expiresAt: number }>} */
  const entries = new Map();

  /** @param {string} digest */
  function isAlive(digest) {
    const entry = entries.get(digest);
    return entry !== undefined && entry.expiresAt > now();
  }

  /**
   * @param {string} digest
   * @param {Ttl} ttl
   */
  function store(digest, ttl) {
    const longer = isAlive(digest) && entries.get(digest)?.ttl === '1h' ? '1h' : ttl;
    entries.delete(digest);
    entries.set(digest, { ttl: longer, expiresAt: now() + lifetimeMs[longer] });
    if (entries.size > maximumEntries) {
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    }
  }

  /**
   * @param {PromptPart[]} parts
   * @returns {number} index of the longest readable prefix, -1 for none
   */
  function findHit(parts) {
    for (let end = parts.length - 1; end >= 0; end -= 1) {
      if (parts[end]?.ttl === undefined) continue;
      for (let place = end; place >= 0 && place > end - lookBack; place -= 1) {
        const part = parts[place];
        if (part !== undefined && part.tokens >= minimumTokens && isAlive(part.digest)) return place;
      }
    }
    return -1;
  }

  return {
    /**
     * @param {MessagesRequest} request
     * @returns {Measurement}
     */
    measure(request) {
      if (!asksForCaching(request)) {
        return { usage: { input: countInputTokens(request), read: 0, created5m: 0, created1h: 0 }, begin() {} };
      }
      const parts = promptParts(request);
      const hit = findHit(parts);
      const hitPart = parts[hit];
      const usage = { input: parts.at(-1)?.tokens ?? 0, read: hitPart?.tokens ?? 0, created5m: 0, created1h: 0 };
      /** @type {{ digest: string, ttl: Ttl }[]} */
      const touched = [];
      if (hitPart !== undefined)
        touched.push({ digest: hitPart.digest, ttl: entries.get(hitPart.digest)?.ttl ?? '5m' });
      let covered = usage.read;
      for (const [place, { digest, tokens, ttl }] of parts.entries()) {
        if (ttl === undefined || tokens < minimumTokens) continue;
        if (place > hit) {
          usage[ttl === '1h' ? 'created1h' : 'created5m'] += tokens - covered;
          covered = tokens;
          touched.push({ digest, ttl });
        } else if (isAlive(digest)) touched.push({ digest, ttl });
      }
      usage.input -= covered;
      return {
        usage,
        begin() {
          for (const { digest, ttl } of touched) store(digest, ttl);
        },
      };
    },

    clear() {
      entries.clear();
    },
  };
}

/** @typedef {ReturnType<typeof createPromptCache>} PromptCache */
