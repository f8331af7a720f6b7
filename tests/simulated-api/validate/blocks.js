// @ts-check
import { refuse } from '../api-error.js';
import { checkCacheControl } from './cache-control.js';
import { checkArray, checkFields, checkObject, checkOneOf, checkOptionalBoolean, checkString } from './check.js';
import { checkDocument, checkImage } from './media.js';

/** @import { Breakpoints } from './cache-control.js' */

/**
 * What checking one block needs to know of its surroundings.
 * @typedef {object} BlockRules
 * @property {'user' | 'assistant' | 'system'} role
 * @property {string} version the request's anthropic-version
 * @property {Breakpoints} breakpoints
 * @property {(thinking: string, signature: string) => boolean} isSigned
 */

const identifier = /^[a-zA-Z0-9_-]+$/;
const fields = {
  text: new Set(['type', 'text', 'cache_control', 'citations']),
  tool_use: new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name']),
  tool_result: new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control', 'toolset_name']),
  thinking: new Set(['type', 'thinking', 'signature']),
  redacted_thinking: new Set(['type', 'data']),
  image: new Set(['type', 'source', 'cache_control', 'transformations']),
  document: new Set(['type', 'source', 'cache_control', 'citations', 'context', 'title']),
  search_result: new Set(['type', 'source', 'title', 'content', 'cache_control', 'citations']),
};

/** @typedef {keyof typeof fields} BlockType */

const byRole = {
  user: new Set(['text', 'tool_result', 'image', 'document', 'search_result']),
  assistant: new Set(['text', 'tool_use', 'thinking', 'redacted_thinking', 'document']),
  system: new Set(['text']),
};

/**
 * @param {unknown} value
 * @param {string} place for instance `messages.0.content.1`
 * @param {BlockRules} rules
 */
export function checkBlock(value, place, rules) {
  const block = checkObject(value, place);
  const type = blockType(block['type'], place);
  if (!byRole[rules.role].has(type)) refuseRole(type, place, rules.role);
  const path = `${place}.${type}`;
  checkFields(block, fields[type], path);
  checkByType[type](block, path, rules);
  checkCacheControl(block['cache_control'], path, rules.breakpoints);
}

/**
 * @param {unknown} type
 * @param {string} place
 * @returns {BlockType}
 */
function blockType(type, place) {
  if (type === undefined) refuse(`${place}.type`, 'Field required');
  if (typeof type === 'string' && Object.hasOwn(fields, type)) return /** @type {BlockType} */ (type);
  const expected = Object.keys(fields).join("', '");
  return refuse(place, `Input tag '${String(type)}' found using 'type' does not match any of: '${expected}'`);
}

/**
 * @param {BlockType} type
 * @param {string} place
 * @param {BlockRules['role']} role
 */
function refuseRole(type, place, role) {
  const owner = byRole.user.has(type) ? 'user' : 'assistant';
  refuse(place, `\`${type}\` blocks can only be in \`${owner}\` messages, not in \`${role}\` messages`);
}

/** @type {Record<BlockType, (block: Record<string, unknown>, path: string, rules: BlockRules) => void>} */
const checkByType = {
  text(block, path, { role, version }) {
    checkText(block, path);
    const citations = block['citations'];
    if (role === 'user' && version !== '2023-06-01' && Array.isArray(citations) && citations.length > 0) {
      refuse(`${path}.citations`, 'citations are not permitted on text blocks in user messages');
    }
  },
  tool_use(block, path) {
    const id = checkString(block['id'], `${path}.id`);
    if (!identifier.test(id)) refuse(`${path}.id`, `String should match pattern '${identifier.source}'`);
    if (checkString(block['name'], `${path}.name`) === '') refuse(`${path}.name`, 'String should not be empty');
    checkObject(block['input'], `${path}.input`);
  },
  tool_result: checkToolResult,
  thinking(block, path, { isSigned }) {
    const thinking = checkString(block['thinking'], `${path}.thinking`);
    const signature = checkString(block['signature'], `${path}.signature`);
    if (!isSigned(thinking, signature)) {
      refuse(path.replace(/\.thinking$/, ''), 'Invalid `signature` in `thinking` block');
    }
  },
  redacted_thinking(block, path) {
    checkString(block['data'], `${path}.data`);
  },
  image: checkImage,
  document(block, path, { role, version }) {
    if (role === 'assistant' && version !== '2023-06-01') {
      refuse(path, '`document` blocks are not permitted in `assistant` messages');
    }
    checkDocument(block, path);
  },
  search_result(block, path) {
    checkString(block['source'], `${path}.source`);
    checkString(block['title'], `${path}.title`);
    for (const [index, entry] of checkArray(block['content'], `${path}.content`).entries()) {
      checkText(checkObject(entry, `${path}.content.${index}`), `${path}.content.${index}`);
    }
  },
};

/**
 * @param {Record<string, unknown>} block
 * @param {string} path
 */
export function checkText(block, path) {
  checkOneOf(block['type'], ['text'], `${path}.type`);
  const text = checkString(block['text'], `${path}.text`);
  if (text === '' && block['cache_control']) refuse(path, 'cache_control cannot be set for empty text blocks');
  if (text === '') refuse('messages', `text content blocks must be non-empty (at ${path})`);
  if (text.trim() === '') refuse('messages', `text content blocks must contain non-whitespace text (at ${path})`);
}

/**
 * @param {Record<string, unknown>} block
 * @param {string} path
 */
function checkToolResult(block, path) {
  checkString(block['tool_use_id'], `${path}.tool_use_id`);
  checkOptionalBoolean(block['is_error'], `${path}.is_error`);
  const content = block['content'];
  if (content === undefined || typeof content === 'string') return;
  for (const [index, entry] of checkArray(content, `${path}.content`).entries()) {
    const place = `${path}.content.${index}`;
    const inner = checkObject(entry, place);
    const type = checkOneOf(inner['type'], ['text', 'image', 'document', 'search_result'], `${place}.type`);
    if (block['is_error'] === true && type !== 'text') {
      refuse(path, 'all content must be type `text` if `is_error` is true');
    }
    if (inner['cache_control']) {
      refuse(`${place}.${type}.cache_control`, 'cache_control belongs on the `tool_result` block, not inside it');
    }
    checkFields(inner, fields[type], `${place}.${type}`);
    if (type === 'text') checkText(inner, `${place}.text`);
    else if (type === 'image') checkImage(inner, `${place}.image`);
    else if (type === 'document') checkDocument(inner, `${place}.document`);
  }
}
