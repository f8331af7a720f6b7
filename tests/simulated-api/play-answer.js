// @ts-check
import { pause, responseHeaders, sendJson } from './exchange.js';
import { streamFaultError } from './fault-errors.js';
import { errorEvent, streamEvents } from './sse.js';

/**
 * @import { ServerResponse } from 'node:http'
 * @import { Fault, FaultPosition } from './types.d.ts'
 * @import { AnswerMessage } from './message.js'
 */

/**
 * @typedef {object} Play
 * @property {ServerResponse} response
 * @property {AnswerMessage} message
 * @property {string} requestId
 * @property {Fault | undefined} fault one that strikes during the answer, or none
 * @property {number} streamMs
 * @property {number} splitBytes
 * @property {() => void} onBegin called right before the first byte
 */

/** @typedef {'complete' | 'broken' | 'aborted'} PlayResult */

/**
 * @param {Play} play
 * @returns {Promise<PlayResult>} throws an ApiError for a stream error, which outside a stream is a plain one
 */
export async function playWhole({ response, message, requestId, fault, onBegin }) {
  if (fault?.kind === 'stream-error') throw streamFaultError(fault);
  if (fault?.kind === 'stall' && !(await pause(response, fault.stallMs))) return 'aborted';
  onBegin();
  if (fault?.kind !== 'drop') {
    sendJson(response, 200, message, requestId);
    return 'complete';
  }
  const body = Buffer.from(JSON.stringify(message));
  const end = fault.afterBytes ?? (fault.afterEvents === 0 ? 0 : body.length >> 1);
  await cutOff(response, requestId, 'application/json', body.subarray(0, end), body.length);
  return 'broken';
}

/**
 * @param {Play} play
 * @returns {Promise<PlayResult>}
 */
export async function playStream(play) {
  const { response, message, requestId, fault, onBegin } = play;
  const events = streamEvents(message);
  onBegin();
  if (fault === undefined) return writeEvents(play, events);
  const { before, after } = splitAt(events, /** @type {FaultPosition} */ (fault));
  if (fault.kind === 'drop') {
    await cutOff(response, requestId, 'text/event-stream; charset=utf-8', before);
    return 'broken';
  }
  startStream(response, requestId);
  response.flushHeaders();
  response.write(before);
  if (fault.kind === 'stall') {
    if (!(await pause(response, fault.stallMs))) return 'aborted';
    response.write(after);
    return endStream(response);
  }
  if (fault.kind === 'stream-error') {
    const { type, message: text } = streamFaultError(fault);
    response.end(errorEvent(type, text, requestId));
  }
  return 'broken';
}

/**
 * @param {ServerResponse} response
 * @param {string} requestId
 */
function startStream(response, requestId) {
  response.writeHead(200, {
    ...responseHeaders(requestId, 'text/event-stream; charset=utf-8'),
    'cache-control': 'no-cache',
  });
}

/**
 * @param {ServerResponse} response
 * @returns {PlayResult}
 */
function endStream(response) {
  if (response.destroyed) return 'aborted';
  response.end();
  return 'complete';
}

/**
 * @param {Play} play
 * @param {string[]} events
 * @returns {Promise<PlayResult>}
 */
async function writeEvents({ response, requestId, streamMs, splitBytes }, events) {
  startStream(response, requestId);
  if (streamMs <= 0 && splitBytes <= 0) {
    response.end(events.join(''));
    return 'complete';
  }
  const chunks = splitBytes > 0 ? splitBuffer(Buffer.from(events.join('')), splitBytes) : events;
  for (const chunk of chunks) {
    if (response.destroyed) return 'aborted';
    response.write(chunk);
    // A turn of the event loop between writes keeps them apart on the wire.
    if (streamMs > 0) await pause(response, streamMs / chunks.length);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return endStream(response);
}

/**
 * @param {Buffer} whole
 * @param {number} size
 */
function splitBuffer(whole, size) {
  const chunks = [];
  for (let start = 0; start < whole.length; start += size) chunks.push(whole.subarray(start, start + size));
  return chunks;
}

/**
 * @param {string[]} events
 * @param {FaultPosition} position
 * @returns {{ before: Buffer, after: Buffer }}
 */
function splitAt(events, position) {
  const whole = Buffer.from(events.join(''));
  const count = position.afterEvents ?? Math.ceil(events.length / 2);
  const bytes = position.afterBytes ?? Buffer.byteLength(events.slice(0, count).join(''));
  return { before: whole.subarray(0, bytes), after: whole.subarray(bytes) };
}

/**
 * Sends a part and ends the connection without ending the answer; with no bytes at all, not even the headers.
 * @param {ServerResponse} response
 * @param {string} requestId
 * @param {string} contentType
 * @param {Buffer} part
 * @param {number} [announcedBytes]
 */
async function cutOff(response, requestId, contentType, part, announcedBytes) {
  if (part.length > 0) {
    const headers = responseHeaders(requestId, contentType);
    if (announcedBytes !== undefined) headers['content-length'] = String(announcedBytes);
    response.writeHead(200, headers);
    await new Promise((resolve) => {
      response.once('close', resolve);
      response.write(part, resolve);
    });
  }
  response.socket?.destroy();
}
