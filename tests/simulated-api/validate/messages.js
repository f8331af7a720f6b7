// @ts-check
import { refuse } from '../api-error.js';
import { checkBlock } from './blocks.js';
import { checkArray, checkFields, checkObject, checkString } from './check.js';
import { checkToolPairing } from './tool-pairing.js';

/**
 * @import { RequestMessage } from '../types.d.ts'
 * @import { BlockRules } from './blocks.js'
 * @import { ModelRules } from './model-rules.js'
 */

const fields = new Set(['role', 'content']);
const maximumMessages = 100_000;

/**
 * @param {unknown} value the request's `messages`
 * @param {Omit<BlockRules, 'role'>} blockRules
 * @param {ModelRules} modelRules
 * @returns {RequestMessage[]}
 */
export function checkMessages(value, blockRules, modelRules) {
  const messages = checkArray(value, 'messages');
  if (messages.length === 0) refuse('messages', 'at least one message is required');
  if (messages.length > maximumMessages) refuse('messages', `at most ${maximumMessages} messages are permitted`);
  for (const [index, entry] of messages.entries()) {
    const path = `messages.${index}`;
    const message = checkObject(entry, path);
    const role = checkRole(message['role'], index, messages, modelRules);
    if (index === 0 && role !== 'user') refuse('messages', 'first message must use the "user" role');
    checkFields(message, fields, path);
    checkContent(message['content'], path, { ...blockRules, role }, index === messages.length - 1);
  }
  const checked = /** @type {RequestMessage[]} */ (messages);
  checkToolPairing(checked);
  checkPrefill(checked, modelRules);
  return checked;
}

/**
 * @param {unknown} role
 * @param {number} index
 * @param {unknown[]} messages
 * @param {ModelRules} rules
 * @returns {RequestMessage['role']}
 */
function checkRole(role, index, messages, { systemMessages }) {
  if (role === 'user' || role === 'assistant') return role;
  if (role === undefined) refuse(`messages.${index}.role`, 'Field required');
  if (role !== 'system') refuse(`messages.${index}.role`, "Input should be 'user' or 'assistant'");
  if (!systemMessages) {
    refuse(
      'messages',
      'Unexpected role "system". role \'system\' is not supported on this model: use the top-level `system` parameter.',
    );
  }
  const previous = messages[index - 1];
  if (previous === undefined || checkObject(previous, `messages.${index - 1}`)['role'] !== 'user') {
    refuse(`messages.${index}`, '`system` messages must immediately follow a `user` message');
  }
  return 'system';
}

/**
 * @param {unknown} content
 * @param {string} path of the message
 * @param {BlockRules} rules
 * @param {boolean} isLast
 */
function checkContent(content, path, rules, isLast) {
  if (content === undefined) refuse(`${path}.content`, 'Field required');
  const mayBeEmpty = isLast && rules.role === 'assistant';
  if (typeof content !== 'string' && !Array.isArray(content)) {
    refuse(`${path}.content`, 'Input should be a valid string or list');
  }
  if (content.length === 0 && !mayBeEmpty) {
    refuse(path, 'all messages must have non-empty content except for the optional final assistant message');
  }
  if (typeof content === 'string') {
    if (content.trim() === '' && content !== '') {
      refuse('messages', `text content blocks must contain non-whitespace text (at ${path}.content)`);
    }
    return;
  }
  for (const [index, block] of content.entries()) checkBlock(block, `${path}.content.${index}`, rules);
}

/**
 * @param {RequestMessage[]} messages
 * @param {ModelRules} rules
 */
function checkPrefill(messages, { prefill }) {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  if (!prefill) {
    refuse('', 'This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  const block = typeof last.content === 'string' ? { type: 'text', text: last.content } : last.content.at(-1);
  if (block?.type === 'text' && /\s$/.test(checkString(block.text, 'messages'))) {
    refuse('messages', 'final assistant content cannot end with trailing whitespace');
  }
}

/**
 * With manual thinking, the assistant turn that called the tools must still open with its thinking; what it said after
 * the first results needs none.
 * @param {RequestMessage[]} messages
 */
export function checkThinkingKept(messages) {
  const question = messages.findLastIndex(
    ({ role, content }) =>
      role === 'user' && (typeof content === 'string' || !content.some(({ type }) => type === 'tool_result')),
  );
  const index = messages.findIndex(({ role }, place) => role === 'assistant' && place > question);
  const content = messages[index]?.content;
  if (!Array.isArray(content)) return;
  const first = content[0]?.type;
  const calls = content.some(({ type }) => type === 'tool_use');
  if (calls && first !== 'thinking' && first !== 'redacted_thinking') {
    refuse(
      `messages.${index}.content.0.type`,
      `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final ` +
        '`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and ' +
        '`tool_result` blocks).',
    );
  }
}
