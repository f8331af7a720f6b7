// @ts-check
import { hash } from 'node:crypto';

/** @import { CacheControl, MessagesRequest, RequestBlock, ToolDefinition, Ttl } from './types.d.ts' */

/**
 * One block of the prompt in the order tools, system, messages: the unit of prompt caching.
 * @typedef {object} PromptPart
 * @property {string} digest of the model and everything up to and including this block
 * @property {number} tokens of everything up to and including this block
 * @property {Ttl | undefined} ttl set where the block is a cache breakpoint
 */

export const bytesPerToken = 4;
/** Images cost by their size in pixels, not by their bytes; one figure for all keeps the estimate stable. */
const imageBytes = 1500 * bytesPerToken;

/**
 * @param {MessagesRequest} request
 * @returns {number} input tokens
 */
export function countInputTokens(request) {
  let bytes = 0;
  visitPrompt(request, (text, _control, extraBytes) => {
    bytes += Buffer.byteLength(text) + extraBytes;
  });
  return Math.ceil(bytes / bytesPerToken);
}

/**
 * @param {string} text
 * @returns {number}
 */
export function countTokens(text) {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/**
 * A digest changes with any byte before it, the order of keys in schemas and tool inputs included. As documented,
 * a change of tool_choice, thinking or output format spares tools and system but not the messages.
 * @param {MessagesRequest} request
 * @returns {PromptPart[]}
 */
export function promptParts(request) {
  /** @type {PromptPart[]} */
  const parts = [];
  let bytes = 0;
  let digest = hash('sha1', request.model, 'base64');
  visitPrompt(
    request,
    (text, control, extraBytes) => {
      const chained = `${digest}${text}`;
      bytes += Buffer.byteLength(chained) - digest.length + extraBytes;
      digest = hash('sha1', chained, 'base64');
      parts.push({
        digest,
        tokens: Math.ceil(bytes / bytesPerToken),
        ttl: control ? (control.ttl ?? '5m') : undefined,
      });
    },
    (settings) => {
      digest = hash('sha1', `${digest}${settings}`, 'base64');
    },
  );
  const automatic = request.cache_control;
  const last = parts.at(-1);
  if (automatic && last !== undefined) last.ttl ??= automatic.ttl ?? '5m';
  return parts;
}

/**
 * @param {MessagesRequest} request
 * @returns {boolean} whether any block, or the request itself, asks for caching
 */
export function asksForCaching(request) {
  let found = Boolean(request.cache_control);
  visitControls(request, (control) => {
    found ||= Boolean(control);
  });
  return found;
}

/**
 * @param {MessagesRequest} request
 * @param {(text: string, control: CacheControl | null | undefined, extraBytes: number) => void} visit
 * @param {(settings: string) => void} [visitSettings] between system and messages
 */
function visitPrompt(request, visit, visitSettings) {
  for (const tool of request.tools ?? []) visit(toolText(tool), tool.cache_control, 0);
  if (typeof request.system === 'string') {
    if (request.system !== '') visit(`system text ${request.system}`, undefined, 0);
  } else {
    for (const block of request.system ?? []) visit(`system text ${block.text}`, block.cache_control, 0);
  }
  visitSettings?.(JSON.stringify([request.tool_choice, request.thinking, request.output_config?.format]));
  let previous = '';
  for (const { role, content } of request.messages) {
    let prefix = role === previous ? '' : `${role} `;
    previous = role;
    if (typeof content === 'string') {
      if (content !== '') visit(`${prefix}text ${content}`, undefined, 0);
      continue;
    }
    for (const block of content) {
      const { text, extraBytes } = blockText(block);
      visit(`${prefix}${text}`, 'cache_control' in block ? block.cache_control : undefined, extraBytes);
      prefix = '';
    }
  }
}

/**
 * @param {MessagesRequest} request
 * @param {(control: CacheControl | null | undefined) => void} visit
 */
function visitControls(request, visit) {
  for (const tool of request.tools ?? []) visit(tool.cache_control);
  if (Array.isArray(request.system)) for (const block of request.system) visit(block.cache_control);
  for (const { content } of request.messages) {
    if (typeof content === 'string') continue;
    for (const block of content) if ('cache_control' in block) visit(block.cache_control);
  }
}

/** @param {ToolDefinition} tool */
function toolText({ cache_control: _control, ...definition }) {
  return `tool ${JSON.stringify(definition)}`;
}

/**
 * @param {RequestBlock} block
 * @returns {{ text: string, extraBytes: number }}
 */
function blockText(block) {
  switch (block.type) {
    case 'text':
      return { text: `text ${block.text}`, extraBytes: 0 };
    case 'tool_use':
      return { text: `tool_use ${block.id} ${block.name} ${JSON.stringify(block.input)}`, extraBytes: 0 };
    case 'tool_result':
      return toolResultText(block);
    case 'thinking':
      return { text: `thinking ${block.thinking} ${block.signature}`, extraBytes: 0 };
    case 'image':
      return { text: `image ${hash('sha1', JSON.stringify(block['source']), 'base64')}`, extraBytes: imageBytes };
    default: {
      const { cache_control: _control, ...rest } = block;
      return { text: JSON.stringify(rest), extraBytes: 0 };
    }
  }
}

/** @param {Extract<RequestBlock, { type: 'tool_result' }>} block */
function toolResultText({ tool_use_id, content, is_error }) {
  const inner =
    typeof content === 'string' ? [{ text: `text ${content}`, extraBytes: 0 }] : (content ?? []).map(blockText);
  return {
    text: `tool_result ${tool_use_id} ${is_error === true} ${inner.map(({ text }) => text).join('\n')}`,
    extraBytes: inner.reduce((sum, { extraBytes }) => sum + extraBytes, 0),
  };
}
