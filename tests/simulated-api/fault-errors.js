// @ts-check
import { ApiError } from './api-error.js';

/** @import { Fault } from './types.d.ts' */

const requestsPerMinute = '50';

/**
 * The error answer of faults that strike before the answer begins.
 * @param {Fault} fault
 * @returns {ApiError | undefined}
 */
export function faultError(fault) {
  switch (fault.kind) {
    case 'rate-limit':
      return new ApiError(
        429,
        'rate_limit_error',
        fault.message ?? 'This request would exceed your organization’s rate limit of 50 requests per minute.',
        rateLimitHeaders(fault.retryAfterSeconds ?? 1),
      );
    case 'overloaded':
      return new ApiError(529, 'overloaded_error', fault.message ?? 'Overloaded');
    case 'server-error':
      return new ApiError(500, 'api_error', fault.message ?? 'Internal server error');
    case 'http-error':
      return new ApiError(fault.status, fault.type, fault.message, fault.headers);
    default:
      return undefined;
  }
}

/**
 * What a stream error is outside a stream.
 * @param {Extract<Fault, { kind: 'stream-error' }>} fault
 * @returns {ApiError}
 */
export function streamFaultError({ errorType = 'overloaded_error' }) {
  return errorType === 'overloaded_error'
    ? new ApiError(529, 'overloaded_error', 'Overloaded')
    : new ApiError(500, 'api_error', 'Internal server error');
}

/**
 * Whole seconds travel as the real API sends them; a fraction travels in retry-after-ms besides, for fast tests.
 * @param {number} seconds
 */
function rateLimitHeaders(seconds) {
  const reset = new Date(Date.now() + seconds * 1000).toISOString();
  /** @type {Record<string, string>} */
  const headers = { 'retry-after': String(Math.ceil(seconds)) };
  if (!Number.isInteger(seconds)) headers['retry-after-ms'] = String(Math.round(seconds * 1000));
  for (const [kind, limit] of [
    ['requests', requestsPerMinute],
    ['tokens', '40000'],
    ['input-tokens', '30000'],
    ['output-tokens', '10000'],
  ]) {
    headers[`anthropic-ratelimit-${kind}-limit`] = String(limit);
    headers[`anthropic-ratelimit-${kind}-remaining`] = kind === 'requests' ? '0' : String(limit);
    headers[`anthropic-ratelimit-${kind}-reset`] = reset;
  }
  return headers;
}
