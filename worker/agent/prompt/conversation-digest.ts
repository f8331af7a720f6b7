/**
 * Follows the messages of one conversation from request to request. Called by watch-prompts.ts. Promise: what was seen
 * before is not hashed again; where a request is not the one before with more at its end, it says where they part.
 */
import { firstDifference, type TextDifference } from '../../../tasks/index.ts';
import type { ContentBlock, Message } from '../model/model.ts';
import { shortDigest } from './shared-layers.ts';

export interface ConversationPart {
  /** Of all messages, cache breakpoints left out. */
  digest: string;
  /** Of those up to the last message of the user before the newest one, which the request before has ended with. */
  before: string | undefined;
  bytes: number;
  changed: TextDifference | undefined;
}

interface Seen {
  message: Message;
  /** Of all up to and including this one. */
  digest: string;
  /** The end of this one. */
  end: number;
}

type Block = ContentBlock | Extract<Message, { role: 'user' }>['content'][number];

/** `hide` replaces secrets in what is given out as text. */
export function createConversationDigest(
  hide: (json: string) => string,
): (messages: readonly Message[]) => ConversationPart {
  let seen: Seen[] = [];
  return (messages) => {
    const common = commonStart(seen, messages);
    const start = seen[common - 1]?.end ?? 0;
    const earlier = seen[common]?.message;
    const changed =
      earlier === undefined ? undefined : firstDifference(hide(textOf(earlier)), hide(textOf(messages[common])), start);
    seen = seen.slice(0, common);
    for (const message of messages.slice(common)) {
      const text = textOf(message);
      const last = seen.at(-1);
      const digest = shortDigest(`${last?.digest ?? ''}\n${text}`);
      seen.push({ message, digest, end: (last?.end ?? 0) + Buffer.byteLength(text) });
    }
    const newest = messages.findLastIndex(({ role }) => role === 'user');
    const previous = messages.findLastIndex(({ role }, index) => role === 'user' && index < newest);
    const last = seen.at(-1);
    return {
      digest: last?.digest ?? '0'.repeat(16),
      before: seen[previous]?.digest,
      bytes: last?.end ?? 0,
      changed,
    };
  };
}

function commonStart(seen: readonly Seen[], messages: readonly Message[]): number {
  let common = 0;
  for (const { message } of seen) {
    const other = messages[common];
    if (other === undefined || !isSameMessage(message, other)) break;
    common += 1;
  }
  return common;
}

function isSameMessage(left: Message, right: Message): boolean {
  if (left === right) return true;
  if (left.role !== right.role || left.content.length !== right.content.length) return false;
  return left.content.every((block, index) => isSameBlock(block, right.content[index]));
}

/** Blocks that differ by their breakpoint alone have their texts in common, which need not be written out to see it. */
function isSameBlock(left: Block, right: Block | undefined): boolean {
  if (left === right) return true;
  if (right === undefined) return false;
  const [bareLeft, bareRight] = [bare(left), bare(right)];
  return hasSameFields(bareLeft, bareRight) || JSON.stringify(bareLeft) === JSON.stringify(bareRight);
}

function hasSameFields(left: Block, right: Block): boolean {
  const entries = Object.entries(left);
  const other = Object.entries(right);
  return (
    entries.length === other.length &&
    entries.every(([key, value], index) => key === other[index]?.[0] && value === other[index]?.[1])
  );
}

function textOf(message: Message | undefined): string {
  if (message === undefined) return '';
  const blocks: readonly Block[] = message.content;
  return JSON.stringify({ role: message.role, content: blocks.map(bare) });
}

function bare(block: Block): Block {
  if (!('cache_control' in block)) return block;
  const { cache_control: _, ...rest } = block;
  return rest;
}
