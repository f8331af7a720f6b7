// @ts-check
import { refuse } from '../api-error.js';

/** @import { RequestBlock, RequestMessage } from '../types.d.ts' */

/**
 * Consecutive messages of one role count as one turn, as in the real API.
 * @typedef {object} Turn
 * @property {RequestMessage['role']} role
 * @property {number} last index of its last message
 * @property {{ block: RequestBlock, path: string }[]} blocks
 */

/**
 * Every tool_use must be answered by exactly one tool_result, at the beginning of the user turn right after it.
 * @param {RequestMessage[]} messages whose blocks have been checked
 */
export function checkToolPairing(messages) {
  const turns = mergeTurns(messages);
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  let open = [];
  let openedAt = 0;
  for (const turn of turns) {
    if (turn.role === 'user') {
      checkResults(turn, open, openedAt);
      open = [];
    } else if (turn.role === 'assistant') {
      checkAnswered(open, openedAt);
      open = collectCalls(turn, seen);
      openedAt = turn.last;
    }
  }
  checkAnswered(open, openedAt);
}

/**
 * @param {RequestMessage[]} messages
 * @returns {Turn[]}
 */
function mergeTurns(messages) {
  /** @type {Turn[]} */
  const turns = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (turns.at(-1)?.role !== role) turns.push({ role, last: index, blocks: [] });
    const turn = /** @type {Turn} */ (turns.at(-1));
    turn.last = index;
    if (typeof content === 'string') {
      turn.blocks.push({ block: { type: 'text', text: content }, path: `messages.${index}.content` });
    } else {
      for (const [place, block] of content.entries()) {
        turn.blocks.push({ block, path: `messages.${index}.content.${place}` });
      }
    }
  }
  return turns;
}

/**
 * @param {Turn} turn
 * @param {Set<string>} seen ids of the whole conversation
 */
function collectCalls(turn, seen) {
  const calls = [];
  for (const { block, path } of turn.blocks) {
    if (block.type !== 'tool_use') continue;
    if (seen.has(block.id)) refuse(path, '`tool_use` ids must be unique');
    seen.add(block.id);
    calls.push(block.id);
  }
  return calls;
}

/**
 * @param {Turn} turn
 * @param {string[]} open
 * @param {number} openedAt
 */
function checkResults(turn, open, openedAt) {
  const missing = new Set(open);
  /** @type {Set<string>} */
  const answered = new Set();
  let leading = true;
  for (const { block, path } of turn.blocks) {
    if (block.type !== 'tool_result') {
      leading = false;
      continue;
    }
    const id = block.tool_use_id;
    if (answered.has(id)) {
      refuse(path, `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`);
    }
    if (!missing.has(id)) {
      refuse(
        path,
        `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a ` +
          'corresponding `tool_use` block in the previous message.',
      );
    }
    if (!leading) checkAnswered([...missing], openedAt, ' `tool_result` blocks must come first in that message.');
    missing.delete(id);
    answered.add(id);
  }
  checkAnswered([...missing], openedAt);
}

/**
 * @param {string[]} open ids still without a result
 * @param {number} openedAt index of the assistant message
 * @param {string} hint
 */
function checkAnswered(open, openedAt, hint = '') {
  if (open.length === 0) return;
  refuse(
    `messages.${openedAt}`,
    `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each ` +
      `\`tool_use\` block must have a corresponding \`tool_result\` block in the next message.${hint}`,
  );
}
