// @ts-check
import { ApiError } from './api-error.js';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

const knownVersions = new Set(['2023-06-01', '2026-10-21']);
const organization = '00000000-0000-4000-8000-000000000000';

/**
 * @param {IncomingMessage} request
 * @param {boolean} requireKey
 * @returns {string} the anthropic-version
 */
export function checkHeaders({ headers }, requireKey) {
  if (requireKey) checkKey(headers);
  const version = headers['anthropic-version'];
  if (typeof version !== 'string') {
    throw new ApiError(400, 'invalid_request_error', 'anthropic-version: header is required');
  }
  if (!knownVersions.has(version)) {
    throw new ApiError(400, 'invalid_request_error', `anthropic-version: "${version}" is not a valid version`);
  }
  return version;
}

/** @param {IncomingMessage['headers']} headers */
function checkKey(headers) {
  const key = headers['x-api-key'];
  const bearer = headers.authorization;
  if (key === undefined && bearer === undefined) {
    throw new ApiError(401, 'authentication_error', 'x-api-key header is required');
  }
  const isKey = typeof key === 'string' && key.trim() !== '';
  const isBearer = bearer !== undefined && /^Bearer \S+$/i.test(bearer);
  if (!isKey && !(key === undefined && isBearer)) {
    throw new ApiError(401, 'authentication_error', key === undefined ? 'Invalid bearer token' : 'invalid x-api-key');
  }
}

/**
 * Reads on, without keeping anything, when the body is too large: a client that is still writing would otherwise
 * see a broken connection in place of the 413.
 * @param {IncomingMessage} request
 * @param {number} maximumBytes
 * @returns {Promise<unknown>}
 */
export async function readJson(request, maximumBytes) {
  const type = request.headers['content-type'] ?? '';
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maximumBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > maximumBytes) throw new ApiError(413, 'request_too_large', 'Request exceeds the maximum size');
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError(400, 'invalid_request_error', 'content-type: must be application/json');
  }
  try {
    return JSON.parse((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, 'invalid_request_error', `The request body is not valid JSON: ${reason}`);
  }
}

/**
 * @param {string} requestId
 * @param {string} contentType
 * @returns {Record<string, string>}
 */
export function responseHeaders(requestId, contentType) {
  return { 'content-type': contentType, 'request-id': requestId, 'anthropic-organization-id': organization };
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 * @param {string} requestId
 * @param {Record<string, string>} [headers]
 */
export function sendJson(response, status, body, requestId, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...responseHeaders(requestId, 'application/json'),
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  });
  response.end(text);
}

/**
 * @param {ServerResponse} response
 * @param {ApiError} error
 * @param {string} requestId
 */
export function sendError(response, { status, type, message, headers }, requestId) {
  const isTransient = status === 408 || status === 409 || status === 429 || status >= 500;
  sendJson(response, status, { type: 'error', error: { type, message }, request_id: requestId }, requestId, {
    'x-should-retry': String(isTransient),
    ...headers,
  });
}

/**
 * Waits, or stops early when the client goes away.
 * @param {ServerResponse} response
 * @param {number} ms
 * @returns {Promise<boolean>} whether the client is still there
 */
export function pause(response, ms) {
  if (response.destroyed) return Promise.resolve(false);
  if (ms <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      response.off('close', stop);
      resolve(true);
    }, ms);
    response.once('close', stop);
  });
}
