/**
 * A request as the parts by which it is told from others. Called when it is recorded, and when its reply is looked for.
 * What counts is what the user's set-up says and the conversation: not the tools' descriptions and the text that come
 * with Fanfold, so that a recording outlives a version; nor cache marks, limits, ids of calls and thinking.
 */
import { createHash } from 'node:crypto';
import { systemText } from '../../prompt/system-text.ts';
import type { ContentBlock, Message, ModelRequest } from '../model.ts';
import type { PortableText } from './portable-text.ts';
import type { RecordedPart } from './recording-format.ts';
import { withoutVolatile } from './volatile-text.ts';

export type RequestPart = Omit<RecordedPart, 'type'>;

/** Their results are the content of the workspace: every character counts. */
const fileTools = new Set(['Read', 'Glob', 'Grep', 'Edit', 'Write']);

/** From the first to the last. */
export function partsOf({ system, messages }: Omit<ModelRequest, 'tools'>, text: PortableText): RequestPart[] {
  const parts: RequestPart[] = [];
  const add = (kind: RequestPart['kind'], shown: string): void => {
    parts.push(toPart(kind, shown, parts.at(-1)?.hash));
  };
  for (const block of system) {
    add('system', block.text === systemText ? '(the text that comes with Fanfold)' : text.comparable(block.text));
  }
  const tools = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') {
      for (const block of message.content) if (block.type === 'tool_use') tools.set(block.id, block.name);
      add('assistant', replyText(message.content, text));
    } else add('user', userText(message, { text, tools, isFirst: index === 0 }));
  }
  return parts;
}

/** The part that a reply will be in the requests that follow; `after` is the last part of its own request. */
export function replyPart(
  content: readonly ContentBlock[],
  after: string | undefined,
  text: PortableText,
): RequestPart {
  return toPart('assistant', replyText(content, text), after);
}

export function hashOf({ kind, text, after = '' }: Omit<RequestPart, 'hash'>): string {
  return createHash('sha256').update(`${after}\n${kind}\n${text}`).digest('hex').slice(0, 32);
}

function toPart(kind: RequestPart['kind'], text: string, after: string | undefined): RequestPart {
  const part = { kind, text, ...(after === undefined ? {} : { after }) };
  return { hash: hashOf(part), ...part };
}

interface UserContext {
  text: PortableText;
  /** Names, by the id of the call. */
  tools: ReadonlyMap<string, string>;
  isFirst: boolean;
}

function userText({ content }: Message & { role: 'user' }, { text, tools, isFirst }: UserContext): string {
  const blocks = content.map((block) => {
    if (block.type === 'text') {
      const words = text.comparable(block.text);
      return `[text]\n${isFirst ? words : withoutVolatile(words)}`;
    }
    const name = tools.get(block.tool_use_id) ?? 'an unknown call';
    const result = text.comparable(block.content);
    const heading = `[result of ${name}${block.is_error === true ? ', an error' : ''}]`;
    return `${heading}\n${fileTools.has(name) ? result : withoutVolatile(result)}`;
  });
  return blocks.join('\n');
}

function replyText(content: readonly ContentBlock[], text: PortableText): string {
  const blocks = content.flatMap((block) => {
    if (block.type === 'text') return [`[text]\n${text.comparable(block.text)}`];
    if (block.type !== 'tool_use') return [];
    const input = mapStrings(block.input, text.comparable, true);
    return [`[call of ${block.name}]\n${JSON.stringify(input, undefined, 1)}`];
  });
  return blocks.join('\n');
}

/** The same value with every string in it mapped; with `isSorted` the keys of every object stand in one order. */
export function mapStrings(value: unknown, map: (text: string) => string, isSorted = false): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((inner) => mapStrings(inner, map, isSorted));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (isSorted) entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, mapStrings(inner, map, isSorted)]));
}
