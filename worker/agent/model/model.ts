/**
 * The model seam: one call is one streamed turn. Called by take-turn.ts; implemented by anthropic-model.ts and by
 * scripted models in tests. Promise: `stream` never throws for an expected failure (overload, refusal of credentials,
 * a cut stream, cancellation); it returns `ok: false` with a record whose `failure` tells what may be done about it.
 * A prompt that is too long for it has the code `context-exhausted`: the agent makes room and asks again.
 * Shapes are those of the Messages API, so that a conversation travels unchanged, thinking and signatures included.
 */
import type { ErrorRecord, Usage } from '../../../tasks/index.ts';
import type { Purse } from './purse.ts';

export interface CacheControl {
  type: 'ephemeral';
}

export interface TextBlock {
  type: 'text';
  text: string;
  cache_control?: CacheControl;
}

interface ThinkingBlock {
  type: 'thinking';
  thinking: string;
  signature: string;
}

interface RedactedThinkingBlock {
  type: 'redacted_thinking';
  data: string;
}

export interface ToolUseBlock {
  type: 'tool_use';
  id: string;
  name: string;
  input: Record<string, unknown>;
}

interface ToolResultBlock {
  type: 'tool_result';
  tool_use_id: string;
  content: string;
  is_error?: boolean;
  cache_control?: CacheControl;
}

/** What a model says. Blocks of server tools, which Fanfold never asks for, are left out. */
export type ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock;

export type Message =
  | { role: 'user'; content: (TextBlock | ToolResultBlock)[] }
  | { role: 'assistant'; content: ContentBlock[] };

export interface ToolDefinition {
  name: string;
  description: string;
  /** JSON Schema with `type: object`. */
  input_schema: Record<string, unknown>;
}

/** The body of a Messages request without the model's name and limits, which belong to the Model. */
export interface ModelRequest {
  tools: readonly ToolDefinition[];
  system: readonly TextBlock[];
  messages: readonly Message[];
}

export interface StreamOptions {
  signal: AbortSignal;
  /**
   * A block is complete. When a stream is cut and asked for again, blocks come again; what counts is the content of
   * the returned turn.
   */
  onBlock?: (block: ContentBlock, index: number) => void;
  onText?: (text: string) => void;
  /** An answer has begun: what the request writes to the prompt cache can be read. Again when a stream is asked for again. */
  onBegin?: () => void;
  /** One line for a person who wonders why nothing comes: what it waits for, or that another model takes over. */
  onActivity?: (activity: string) => void;
  /** Asked before each request; a model that does not know of it is counted when its turn has ended. */
  purse?: Purse;
}

type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

export type ModelTurn =
  | {
      ok: true;
      content: ContentBlock[];
      /** Null when the server gave none; one that a newer API added is passed on as it is. */
      stopReason: StopReason | (string & {}) | null;
      usage: Usage;
      /** What the request that was answered used alone, where others before it failed and count in `usage`. */
      answered?: Usage;
      /** The model that answered, where it is another than the one of that name. */
      model?: string;
      /** Ids of tool_use blocks whose input was no JSON object, with what is wrong; their `input` is empty. */
      malformed?: Readonly<Record<string, string>>;
    }
  | {
      ok: false;
      error: ErrorRecord;
      /** What the failed attempts have cost all the same. */
      usage: Usage;
    };

/** What one conversation with a model may hold; all figures are tokens. */
export interface ModelLimits {
  /** Prompt and answer together. */
  contextTokens: number;
  /** What a turn may use, thinking included. */
  outputTokens: number;
}

export interface Model {
  readonly name: string;
  /** Absent: those of the table of models, by name. */
  readonly limits?: ModelLimits;
  stream(request: ModelRequest, options: StreamOptions): Promise<ModelTurn>;
}
