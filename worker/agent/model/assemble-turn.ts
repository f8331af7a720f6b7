/**
 * Builds one turn from the events of a Messages stream. Called by anthropic-model.ts. Promise: blocks are given out
 * as soon as they are complete and never change; `message_stop` alone makes a turn complete.
 */
import type { ModelTableFields, Usage } from '../../../tasks/index.ts';
import { isCutOffBy } from '../judge-reply.ts';
import type { ContentBlock, StreamOptions } from './model.ts';
import { costOf } from './model-table.ts';

/** What a server may send; nothing of it is taken for granted. */
interface WireEvent {
  type?: string;
  index?: number;
  message?: { usage?: WireUsage };
  content_block?: { type?: string; id?: string; name?: string; input?: unknown } & Record<string, unknown>;
  delta?: {
    type?: string;
    text?: string;
    thinking?: string;
    signature?: string;
    partial_json?: string;
    stop_reason?: string | null;
  };
  usage?: WireUsage;
  error?: { type?: string; message?: string };
}

interface WireUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
}

interface OpenBlock {
  start: NonNullable<WireEvent['content_block']>;
  parts: string[];
  signature: string;
}

/** An `error` event inside a stream that began well. */
export class StreamError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** Of an answer, about. */
const bytesPerToken = 4;

/** By whose price tokens are counted. */
interface PricedModel {
  name: string;
  facts: ModelTableFields | undefined;
}

export interface TurnAssembler {
  /** False for a mere sign of life. Throws StreamError for an error event, SyntaxError for data that is no JSON. */
  accept(data: string): boolean;
  readonly complete: boolean;
  readonly content: ContentBlock[];
  readonly stopReason: string | null;
  readonly malformed: Record<string, string>;
  /** By the server's account; of an answer that was cut off, the output is counted by what has come. */
  usage(): Usage;
  /** The same at most: a token may be as short as a byte. */
  mostUsage(): Usage;
}

export function createTurnAssembler(
  model: PricedModel,
  { onBlock, onText, onBegin }: Omit<StreamOptions, 'signal'>,
  mostOutputTokens = Number.POSITIVE_INFINITY,
): TurnAssembler {
  const open = new Map<number, OpenBlock>();
  const content: ContentBlock[] = [];
  // Without a prototype: an id may be `constructor`.
  const malformed: Record<string, string> = Object.create(null);
  const tokens: WireUsage = {};
  let complete = false;
  let receivedBytes = 0;
  let isTold = false;
  let stopReason: string | null = null;
  /** The call that ended last, when nothing of its input had come. */
  let unwritten: string | undefined;

  function addDelta(index: number, delta: NonNullable<WireEvent['delta']>): void {
    const block = open.get(index);
    if (block === undefined) return;
    if (delta.text !== undefined) onText?.(delta.text);
    const part = delta.text ?? delta.partial_json ?? delta.thinking;
    if (part !== undefined) {
      block.parts.push(part);
      receivedBytes += Buffer.byteLength(part);
    }
    if (delta.signature !== undefined) block.signature += delta.signature;
  }

  function closeBlock(index: number): void {
    const block = open.get(index);
    open.delete(index);
    const closed = block === undefined ? undefined : finishBlock(block, malformed);
    if (closed === undefined) return;
    content.push(closed);
    const isUnwritten = closed.type === 'tool_use' && block?.parts.join('') === '';
    unwritten = isUnwritten && Object.keys(closed.input).length === 0 ? closed.id : undefined;
    if (closed.type !== 'tool_use' || malformed[closed.id] === undefined) onBlock?.(closed, content.length - 1);
  }

  function usageBy(bytes: number): Usage {
    if (isTold) return usageOf(model, tokens);
    // Of an answer that was cut off, the server did not come to say what it has cost.
    const written = Math.min(Math.ceil(receivedBytes / bytes), mostOutputTokens);
    return usageOf(model, { ...tokens, output_tokens: Math.max(tokens.output_tokens ?? 0, written) });
  }

  return {
    content,
    malformed,
    get complete() {
      return complete;
    },
    get stopReason() {
      return stopReason;
    },
    usage: () => usageBy(bytesPerToken),
    mostUsage: () => usageBy(1),
    accept(data) {
      const event: WireEvent = JSON.parse(data);
      switch (event.type) {
        case 'message_start':
          mergeUsage(tokens, event.message?.usage);
          onBegin?.();
          break;
        case 'content_block_start':
          if (event.content_block !== undefined) {
            open.set(event.index ?? 0, { start: event.content_block, parts: [], signature: '' });
          }
          break;
        case 'content_block_delta':
          addDelta(event.index ?? 0, event.delta ?? {});
          break;
        case 'content_block_stop':
          closeBlock(event.index ?? 0);
          break;
        case 'message_delta':
          stopReason = event.delta?.stop_reason ?? stopReason;
          mergeUsage(tokens, event.usage);
          isTold ||= event.usage?.output_tokens != null;
          break;
        case 'message_stop':
          for (const index of [...open.keys()]) closeBlock(index);
          // Without a stop by a limit it is a call of a tool that takes nothing.
          if (unwritten !== undefined && isCutOffBy(stopReason)) malformed[unwritten] = 'The input was cut off.';
          complete = true;
          break;
        case 'error':
          throw new StreamError(
            event.error?.type ?? 'api_error',
            event.error?.message ?? 'The stream reported an error.',
          );
        default:
          return false;
      }
      return true;
    },
  };
}

function finishBlock(
  { start, parts, signature }: OpenBlock,
  malformed: Record<string, string>,
): ContentBlock | undefined {
  const text = parts.join('');
  switch (start.type) {
    case 'text': {
      const whole = (typeof start['text'] === 'string' ? start['text'] : '') + text;
      return whole.trim() === '' ? undefined : { type: 'text', text: whole };
    }
    case 'thinking': {
      const thinking = (typeof start['thinking'] === 'string' ? start['thinking'] : '') + text;
      const signed = (typeof start['signature'] === 'string' ? start['signature'] : '') + signature;
      // A local server that thinks without signing, or a thought that was cut off: it can't be sent back.
      return signed === '' ? undefined : { type: 'thinking', thinking, signature: signed };
    }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: String(start['data'] ?? '') };
    case 'tool_use':
      return finishToolUse(start, text, malformed);
    default:
      return undefined;
  }
}

function finishToolUse(
  start: OpenBlock['start'],
  json: string,
  malformed: Record<string, string>,
): ContentBlock | undefined {
  const { id, name } = start;
  if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name === '') return undefined;
  let input: unknown = start.input ?? {};
  try {
    if (json !== '') input = JSON.parse(json);
  } catch (error) {
    malformed[id] = `The input is not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
    input = {};
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    malformed[id] = 'The input is not a JSON object.';
    input = {};
  }
  return { type: 'tool_use', id, name, input: input as Record<string, unknown> };
}

/** Later figures replace earlier ones: they are cumulative. */
function mergeUsage(into: WireUsage, from: WireUsage | undefined): void {
  into.input_tokens = from?.input_tokens ?? into.input_tokens ?? 0;
  into.output_tokens = from?.output_tokens ?? into.output_tokens ?? 0;
  into.cache_read_input_tokens = from?.cache_read_input_tokens ?? into.cache_read_input_tokens ?? 0;
  into.cache_creation_input_tokens = from?.cache_creation_input_tokens ?? into.cache_creation_input_tokens ?? 0;
}

function usageOf(model: PricedModel, wire: WireUsage): Usage {
  const tokens = {
    inputTokens: wire.input_tokens ?? 0,
    outputTokens: wire.output_tokens ?? 0,
    cacheReadTokens: wire.cache_read_input_tokens ?? 0,
    cacheWriteTokens: wire.cache_creation_input_tokens ?? 0,
  };
  return { ...tokens, usd: costOf(model.name, tokens, model.facts) };
}
