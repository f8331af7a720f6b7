/**
 * The most tokens that the next request of a conversation can have in its prompt. Called by paid-model.ts. Promise: never
 * less than the server counts. What it has counted before is known from its usage; of the rest, each byte is one token at
 * most, since tokenizers work on bytes.
 */
import type { Usage } from '../../../../tasks/index.ts';
import { messageBytes } from '../../context/message-bytes.ts';
import type { Message, ModelRequest } from '../model.ts';

export interface PromptBound {
  of(request: ModelRequest, model: string): number;
  /** The request was answered by this model, which counted so much for it. */
  answered(request: ModelRequest, model: string, usage: Usage): void;
}

/** What the server adds for tools. */
const hiddenTokens = 1_000;
/** What a message and each of its blocks take besides what is counted. */
const frameTokens = 60;

export function createPromptBound(): PromptBound {
  let known: { request: ModelRequest; model: string; tokens: number } | undefined;
  let fixed: { of: ModelRequest; bytes: number } | undefined;

  function fixedBytes(request: ModelRequest): number {
    const { tools, system } = request;
    if (fixed?.of.tools !== tools || !isSameSystem(fixed.of, request)) {
      fixed = { of: request, bytes: Buffer.byteLength(JSON.stringify({ tools, system })) };
    }
    return fixed.bytes;
  }

  return {
    of(request, model) {
      const { messages } = request;
      const all = (): number => fixedBytes(request) + hiddenTokens + sizeOf(messages);
      if (known?.model !== model || known.request.tools !== request.tools || !isSameSystem(known.request, request)) {
        return all();
      }
      // The reply to it follows; its tokens are counted already.
      const before = known.request.messages;
      const common = commonStart(before, messages);
      const isLonger = common === before.length && messages[common]?.role === 'assistant';
      if (isLonger) return known.tokens + frameTokens + sizeOf(messages.slice(common + 1));
      return Math.min(known.tokens + frameTokens + newBytes(before.slice(common), messages.slice(common)), all());
    },
    answered(request, model, usage) {
      const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
      const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
      known = tokens === 0 ? undefined : { request, model, tokens };
    },
  };
}

function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + messageBytes(message) + frameTokens * (1 + message.content.length), 0);
}

/** Of blocks that were not there before; the same text a second time is new. */
function newBytes(before: readonly Message[], now: readonly Message[]): number {
  const counts = new Map<string, number>();
  for (const key of before.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  let bytes = 0;
  for (const message of now) {
    const isNew = keysOf(message).map((key) => {
      const count = counts.get(key) ?? 0;
      counts.set(key, count - 1);
      return count <= 0;
    });
    if (isNew.includes(true)) bytes += sizeOf([message]);
  }
  return bytes;
}

function keysOf({ content }: Message): string[] {
  return content.map((block) => {
    if (block.type === 'text') return block.text;
    if (block.type === 'tool_result') return `${block.tool_use_id} ${block.content}`;
    return block.type === 'tool_use' ? block.id : block.type === 'thinking' ? block.signature : block.data;
  });
}

function isSameSystem(left: ModelRequest, right: ModelRequest): boolean {
  if (left.system === right.system) return true;
  return (
    left.system.length === right.system.length && left.system.every(({ text }, at) => text === right.system[at]?.text)
  );
}

function commonStart(left: readonly Message[], right: readonly Message[]): number {
  const end = Math.min(left.length, right.length);
  let common = 0;
  while (common < end && isSameMessage(left[common], right[common])) common += 1;
  return common;
}

/** Marks for the prompt cache are no difference. */
function isSameMessage(left: Message | undefined, right: Message | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.role !== right.role) return false;
  const [ours, theirs] = [left.content, right.content];
  return ours.length === theirs.length && ours.every((block, at) => isSameBlock(block, theirs[at]));
}

type Block = Message['content'][number];

function isSameBlock(left: Block, right: Block | undefined): boolean {
  if (left === right) return true;
  if (left.type === 'text') return right?.type === 'text' && left.text === right.text;
  if (left.type !== 'tool_result' || right?.type !== 'tool_result') return false;
  return left.tool_use_id === right.tool_use_id && left.content === right.content;
}
