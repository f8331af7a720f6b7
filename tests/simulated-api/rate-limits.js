// @ts-check
import { ApiError } from './api-error.js';

/**
 * @import { RateLimits } from './types.d.ts'
 * @import { InputUsage } from './prompt-cache.js'
 */

/** @typedef {{ limit: number, left: number, at: number }} Bucket */

const usualWindowMs = 60_000;
/** The real API tells tokens in thousands. */
const tokenGrain = 1_000;

/**
 * The documented rate limits: for each model token buckets that fill up all the time, told on every answer; a request
 * for which one of them is empty gets a 429 with the whole seconds after which it would be let through. What is read
 * from the prompt cache counts for nothing, and output when it has been written.
 * @param {RateLimits} limits
 * @param {() => number} now ms
 */
export function createRateLimits({ windowMs = usualWindowMs, ...limits }, now) {
  const sizes = Object.entries({
    requests: limits.requests,
    'input-tokens': limits.inputTokens,
    'output-tokens': limits.outputTokens,
  });
  /** @type {Map<string, Map<string, Bucket>>} */
  const models = new Map();

  /** @param {string} model */
  function bucketsOf(model) {
    let buckets = models.get(model);
    if (buckets === undefined) {
      buckets = new Map();
      for (const [kind, limit] of sizes) if (limit !== undefined) buckets.set(kind, { limit, left: limit, at: now() });
      models.set(model, buckets);
    }
    for (const bucket of buckets.values()) {
      bucket.left = Math.min(bucket.limit, bucket.left + ((now() - bucket.at) * bucket.limit) / windowMs);
      bucket.at = now();
    }
    return buckets;
  }

  /** @param {Map<string, Bucket>} buckets */
  function headersOf(buckets) {
    /** @type {Record<string, string>} */
    const headers = {};
    for (const [kind, { limit, left }] of buckets) {
      const grain = kind === 'requests' ? 1 : Math.min(tokenGrain, limit);
      const fullAt = now() + ((limit - left) * windowMs) / limit;
      headers[`anthropic-ratelimit-${kind}-limit`] = String(limit);
      headers[`anthropic-ratelimit-${kind}-remaining`] = String(Math.max(0, Math.floor(left / grain) * grain));
      headers[`anthropic-ratelimit-${kind}-reset`] =
        `${new Date(Math.ceil(fullAt / 1000) * 1000).toISOString().slice(0, 19)}Z`;
    }
    return headers;
  }

  return {
    /**
     * @param {string} model
     * @param {InputUsage} input
     * @returns {Record<string, string>} headers of the answer; throws an ApiError where a limit is reached
     */
    admit(model, { input, created5m, created1h }) {
      const buckets = bucketsOf(model);
      const costs = new Map([
        ['requests', 1],
        ['input-tokens', input + created5m + created1h],
        ['output-tokens', 1],
      ]);
      let waitMs = 0;
      for (const [kind, { limit, left }] of buckets) {
        const missing = Math.min(costs.get(kind) ?? 0, limit) - left;
        if (missing > 0) waitMs = Math.max(waitMs, (missing * windowMs) / limit);
      }
      if (waitMs > 0) {
        throw new ApiError(429, 'rate_limit_error', 'This request would exceed the rate limit of your organization.', {
          'retry-after': String(Math.ceil(waitMs / 1000)),
          ...headersOf(buckets),
        });
      }
      for (const [kind, bucket] of buckets) if (kind !== 'output-tokens') bucket.left -= costs.get(kind) ?? 0;
      return headersOf(buckets);
    },

    /**
     * @param {string} model
     * @param {number} outputTokens
     */
    spend(model, outputTokens) {
      const bucket = bucketsOf(model).get('output-tokens');
      if (bucket !== undefined) bucket.left -= outputTokens;
    },
  };
}
