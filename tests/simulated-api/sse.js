// @ts-check

/** @import { AnswerBlock, AnswerMessage } from './message.js' */

const minimumPiece = 16;
const maximumPieces = 24;

/**
 * The server-sent events of one answer, in the order of the real API, each with its blank line.
 * @param {AnswerMessage} message
 * @returns {string[]}
 */
export function streamEvents(message) {
  const { content, stop_reason, stop_sequence, stop_details, container, usage } = message;
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1, output_tokens_details: null },
  };
  const events = [
    event('message_start', `"message":${JSON.stringify(start)}`),
    event('ping', ''),
    ...content.flatMap(blockEvents),
    event(
      'message_delta',
      `"delta":${JSON.stringify({ container, stop_details, stop_reason, stop_sequence })},` +
        `"usage":${JSON.stringify({
          input_tokens: usage.input_tokens,
          cache_creation_input_tokens: usage.cache_creation_input_tokens,
          cache_read_input_tokens: usage.cache_read_input_tokens,
          output_tokens: usage.output_tokens,
          output_tokens_details: usage.output_tokens_details,
          server_tool_use: null,
        })}`,
    ),
    event('message_stop', ''),
  ];
  return events;
}

/**
 * @param {string} errorType
 * @param {string} message
 * @param {string} requestId
 * @returns {string} the event that ends a stream which failed after it had begun
 */
export function errorEvent(errorType, message, requestId) {
  return event('error', `"error":${JSON.stringify({ type: errorType, message })},"request_id":"${requestId}"`);
}

/**
 * @param {AnswerBlock} block
 * @param {number} index
 * @returns {string[]}
 */
function blockEvents(block, index) {
  const stop = event('content_block_stop', `"index":${index}`);
  switch (block.type) {
    case 'text':
      return [startEvent(index, { ...block, text: '' }), ...deltas(index, 'text_delta', 'text', block.text), stop];
    case 'tool_use': {
      const { json = JSON.stringify(block.input), ...start } = block;
      return [
        startEvent(index, { ...start, input: {} }),
        delta(index, 'input_json_delta', 'partial_json', ''),
        ...deltas(index, 'input_json_delta', 'partial_json', json),
        stop,
      ];
    }
    case 'thinking':
      return [
        startEvent(index, { ...block, thinking: '', signature: '' }),
        ...(block.thinking === '' ? [] : deltas(index, 'thinking_delta', 'thinking', block.thinking)),
        delta(index, 'signature_delta', 'signature', block.signature),
        stop,
      ];
    default:
      return [startEvent(index, block), stop];
  }
}

/**
 * @param {number} index
 * @param {AnswerBlock} block
 */
function startEvent(index, block) {
  return event('content_block_start', `"index":${index},"content_block":${JSON.stringify(block)}`);
}

/**
 * @param {number} index
 * @param {string} type
 * @param {string} field
 * @param {string} text
 */
function deltas(index, type, field, text) {
  return pieces(text).map((piece) => delta(index, type, field, piece));
}

/**
 * @param {number} index
 * @param {string} type
 * @param {string} field
 * @param {string} piece
 */
function delta(index, type, field, piece) {
  return event(
    'content_block_delta',
    `"index":${index},"delta":{"type":"${type}","${field}":${JSON.stringify(piece)}}`,
  );
}

/**
 * At least three pieces where there is enough text, never in the middle of a surrogate pair.
 * @param {string} text
 * @returns {string[]}
 */
function pieces(text) {
  const size = Math.max(Math.min(minimumPiece, Math.ceil(text.length / 3)), Math.ceil(text.length / maximumPieces), 1);
  const result = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + size, text.length);
    const code = text.charCodeAt(end - 1);
    if (end < text.length && code >= 0xd800 && code <= 0xdbff) end += 1;
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

/**
 * @param {string} type
 * @param {string} fields further JSON fields, without braces
 */
function event(type, fields) {
  return `event: ${type}\ndata: {"type":"${type}"${fields === '' ? '' : `,${fields}`}}\n\n`;
}
