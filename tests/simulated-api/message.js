// @ts-check
import { randomBytes } from 'node:crypto';
import { ApiError } from './api-error.js';
import { countTokens } from './prompt-parts.js';
import { signThinking } from './signature.js';

/**
 * @import { MessagesRequest, Reply, ReplyBlock, Usage } from './types.d.ts'
 * @import { InputUsage } from './prompt-cache.js'
 */

/**
 * A block as the API sends it.
 * @typedef {{ type: 'text', text: string, citations: null }
 *   | { type: 'tool_use', id: string, name: string, input: Record<string, unknown>, caller: { type: 'direct' }, json?: string }
 *   | { type: 'thinking', thinking: string, signature: string }
 *   | { type: 'redacted_thinking', data: string }} AnswerBlock
 */

/**
 * @typedef {object} AnswerMessage
 * @property {string} id
 * @property {'message'} type
 * @property {'assistant'} role
 * @property {string} model
 * @property {AnswerBlock[]} content
 * @property {string} stop_reason
 * @property {string | null} stop_sequence
 * @property {null} stop_details
 * @property {null} container
 * @property {null} diagnostics
 * @property {Usage & Record<string, unknown>} usage
 */

/** Ids that are unique among all servers of a machine. */
export function createIds() {
  const prefix = `01${randomBytes(6).toString('hex')}`;
  let count = 0;
  /** @param {'msg' | 'toolu' | 'req'} kind */
  return function nextId(kind) {
    count += 1;
    return `${kind}_${prefix}${count.toString(36).padStart(10, '0')}`;
  };
}

/**
 * @param {MessagesRequest} request
 * @param {Reply} reply
 * @param {InputUsage} input
 * @param {ReturnType<typeof createIds>} nextId
 * @returns {AnswerMessage}
 */
export function createMessage(request, reply, input, nextId) {
  const isOmitted = request.thinking?.display === 'omitted';
  const content = reply.content.map((block) => answerBlock(block, { isOmitted, model: request.model }, nextId));
  const calls = content.some(({ type }) => type === 'tool_use');
  return {
    id: nextId('msg'),
    type: 'message',
    role: 'assistant',
    model: request.model,
    content,
    stop_reason: reply.stopReason ?? (calls ? 'tool_use' : 'end_turn'),
    stop_sequence: reply.stopSequence ?? null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: createUsage(input, reply.content),
  };
}

/**
 * @param {ReplyBlock} block
 * @param {{ isOmitted: boolean, model: string }} thinker isOmitted: whether thinking is hidden from the client
 * @param {ReturnType<typeof createIds>} nextId
 * @returns {AnswerBlock}
 */
function answerBlock(block, { isOmitted, model }, nextId) {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, citations: null };
    case 'tool_use':
      return {
        type: 'tool_use',
        id: block.id ?? nextId('toolu'),
        name: block.name,
        input: block.input,
        caller: { type: 'direct' },
        ...(block.json === undefined ? {} : { json: block.json }),
      };
    case 'thinking': {
      const thinking = isOmitted ? '' : block.thinking;
      return { type: 'thinking', thinking, signature: signThinking(thinking, model) };
    }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: block.data };
    default:
      throw new ApiError(
        400,
        'invalid_request_error',
        `The script replied with an unknown block: ${JSON.stringify(block)}`,
      );
  }
}

/**
 * @param {InputUsage} input
 * @param {ReplyBlock[]} content
 * @returns {AnswerMessage['usage']}
 */
function createUsage({ input, read, created5m, created1h }, content) {
  let tokens = 0;
  let thinkingTokens = 0;
  for (const block of content) {
    const count = blockTokens(block);
    tokens += count;
    if (block.type === 'thinking' || block.type === 'redacted_thinking') thinkingTokens += count;
  }
  return {
    input_tokens: input,
    cache_creation_input_tokens: created5m + created1h,
    cache_read_input_tokens: read,
    cache_creation: { ephemeral_5m_input_tokens: created5m, ephemeral_1h_input_tokens: created1h },
    output_tokens: tokens,
    output_tokens_details: { thinking_tokens: thinkingTokens },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: 'standard',
  };
}

/** @param {ReplyBlock} block */
function blockTokens(block) {
  if (block.type === 'text') return Math.max(1, countTokens(block.text));
  if (block.type === 'thinking') return Math.max(1, countTokens(block.thinking));
  if (block.type === 'redacted_thinking') return Math.max(1, countTokens(block.data));
  return countTokens(block.name) + countTokens(JSON.stringify(block.input)) + 8;
}
