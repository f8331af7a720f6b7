/** Which results of tools can be taken out of a conversation, and what is put in their place. Called by context.ts. */
import { oneLine } from '../../../tasks/index.ts';
import type { Message, ToolUseBlock } from '../model/model.ts';
import { messageBytes, resultBytes } from './message-bytes.ts';
import { handleOf } from './result-files.ts';

export interface Clearing {
  /** Of the calls, oldest first, with what they gave. */
  results: { id: string; content: string }[];
  clearedBytes: number;
  /** What comes after the first of them and stays: it is written to the cache again. */
  rewrittenBytes: number;
  /** Replies since the first of them. */
  turns: number;
}

export interface KeptResults {
  /** So many of the newest stay, */
  keptResults: number;
  /** and further ones, as long as all that stay are no more. */
  keptBytes: number;
}

/** Shorter ones are hardly longer than what would be put in their place. */
const leastBytes = 500;

/** Without `kept` all of them; with it what the model has not seen yet stays too. */
export function findClearable(messages: readonly Message[], kept?: KeptResults): Clearing {
  const results: Clearing['results'] = [];
  let [count, bytes, clearedBytes, rewrittenBytes, turns, passed, replies] = [0, 0, 0, 0, 0, 0, 0];
  for (let index = messages.length - 1; index > 0; index -= 1) {
    const message = messages[index];
    if (message === undefined) continue;
    passed += messageBytes(message);
    if (message.role === 'assistant') {
      replies += 1;
      continue;
    }
    const isUnseen = index === messages.length - 1;
    for (const block of message.content.toReversed()) {
      if (block.type !== 'tool_result' || resultBytes(block) < leastBytes) continue;
      count += 1;
      bytes += resultBytes(block);
      if (kept !== undefined && (isUnseen || count <= kept.keptResults || bytes <= kept.keptBytes)) continue;
      results.push({ id: block.tool_use_id, content: block.content });
      clearedBytes += resultBytes(block);
      rewrittenBytes = passed - clearedBytes;
      turns = replies;
    }
  }
  return { results: results.reverse(), clearedBytes, rewrittenBytes, turns };
}

/** The message with placeholders for the results `ids`, which answer calls of the reply before it. */
export function clearResults(message: Message, reply: Message | undefined, ids: ReadonlySet<string>): Message {
  if (
    message.role !== 'user' ||
    !message.content.some((block) => block.type === 'tool_result' && ids.has(block.tool_use_id))
  )
    return message;
  const calls = new Map<string, ToolUseBlock>();
  for (const block of reply?.content ?? []) if (block.type === 'tool_use') calls.set(block.id, block);
  return {
    role: 'user',
    content: message.content.map((block) =>
      block.type === 'tool_result' && ids.has(block.tool_use_id)
        ? { ...block, content: placeholder(calls.get(block.tool_use_id), block.tool_use_id, block.content.length) }
        : block,
    ),
  };
}

function placeholder(call: ToolUseBlock | undefined, id: string, characters: number): string {
  const handle = handleOf(id);
  const more =
    handle === undefined
      ? 'Make the call again if it is needed.'
      : `If it is needed as it was, use Read or Grep on "${handle}"; else make the call again.`;
  return `(Cleared to save room: ${call?.name ?? 'a tool'} ${subjectOf(call)}gave ${characters} characters. ${more})`;
}

function subjectOf(call: ToolUseBlock | undefined): string {
  for (const name of ['file_path', 'command', 'pattern', 'path', 'to']) {
    const value = call?.input[name];
    if (typeof value === 'string' && value !== '') return `${oneLine(value, 120)} `;
  }
  return '';
}
