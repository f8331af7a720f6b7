// @ts-check
import { hash } from 'node:crypto';

/** @import { MessagesRequest, RequestContext, RequestMessage, ToolResult, ToolUseBlock } from './types.d.ts' */

const rememberedTurns = 100_000;

/**
 * @param {(request: MessagesRequest) => string} conversationOf
 */
export function createContexts(conversationOf = defaultConversation) {
  /** @type {Map<string, number>} */
  const attempts = new Map();
  let index = 0;

  return {
    /**
     * @param {MessagesRequest} request
     * @param {number} requestIndex
     * @returns {RequestContext}
     */
    open(request, requestIndex) {
      const conversation = conversationOf(request);
      const turn = countTurns(request.messages);
      const key = `${conversation} ${turn}`;
      const attempt = (attempts.get(key) ?? 0) + 1;
      attempts.delete(key);
      attempts.set(key, attempt);
      if (attempts.size > rememberedTurns) {
        for (const oldest of attempts.keys()) {
          attempts.delete(oldest);
          break;
        }
      }
      return {
        index: requestIndex,
        turn,
        attempt,
        conversation,
        firstUserText: firstUserText(request.messages),
        lastUserText: lastUserText(request.messages),
        toolResults: lastToolResults(request.messages),
      };
    },

    /** @returns {number} the index of the next request */
    nextIndex() {
      index += 1;
      return index - 1;
    },

    clear() {
      attempts.clear();
    },
  };
}

/** @param {MessagesRequest} request */
function defaultConversation({ model, messages }) {
  return hash('sha1', `${model} ${firstUserText(messages)}`, 'base64url').slice(0, 16);
}

/** @param {RequestMessage[]} messages */
function countTurns(messages) {
  let turns = 0;
  let previous = '';
  for (const { role } of messages) {
    if (role === 'assistant' && previous !== 'assistant') turns += 1;
    previous = role;
  }
  return turns;
}

/** @param {RequestMessage[]} messages */
function firstUserText(messages) {
  const end = messages.findIndex(({ role }) => role !== 'user');
  return textOf(end === -1 ? messages : messages.slice(0, end));
}

/** @param {RequestMessage[]} messages */
function lastUserText(messages) {
  return textOf(lastUserTurn(messages));
}

/** @param {RequestMessage[]} messages */
function lastUserTurn(messages) {
  return messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
}

/** @param {RequestMessage[]} messages */
function textOf(messages) {
  return messages.map(({ content }) => textOfContent(content)).join('\n');
}

/** @param {RequestMessage['content'] | undefined} content */
function textOfContent(content) {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

/**
 * @param {RequestMessage[]} messages
 * @returns {ToolResult[]}
 */
function lastToolResults(messages) {
  /** @type {Map<string, ToolUseBlock>} */
  const calls = new Map();
  const last = lastUserTurn(messages);
  if (last.length === messages.length) return [];
  for (let place = messages.length - last.length - 1; place >= 0; place -= 1) {
    const message = messages[place];
    if (message?.role !== 'assistant') break;
    if (typeof message.content === 'string') continue;
    for (const block of message.content) if (block.type === 'tool_use') calls.set(block.id, block);
  }
  return last.flatMap(({ content }) => {
    if (typeof content === 'string') return [];
    return content.flatMap((block) => {
      if (block.type !== 'tool_result') return [];
      const call = calls.get(block.tool_use_id);
      return [
        {
          id: block.tool_use_id,
          name: call?.name ?? '',
          input: call?.input ?? {},
          text: textOfContent(block.content),
          isError: block.is_error === true,
        },
      ];
    });
  });
}
