/** The parts of a Messages API request that scripts and tests look at. */

export type Ttl = '5m' | '1h';

export interface CacheControl {
  type: 'ephemeral';
  ttl?: Ttl;
}

export interface TextBlock {
  type: 'text';
  text: string;
  cache_control?: CacheControl | null;
  citations?: unknown[] | null;
}

export interface ToolUseBlock {
  type: 'tool_use';
  id: string;
  name: string;
  input: Record<string, unknown>;
  cache_control?: CacheControl | null;
}

export interface ToolResultBlock {
  type: 'tool_result';
  tool_use_id: string;
  content?: string | RequestBlock[];
  is_error?: boolean;
  cache_control?: CacheControl | null;
}

export interface ThinkingBlock {
  type: 'thinking';
  thinking: string;
  signature: string;
}

/** Blocks that are checked for their shape and otherwise only counted. */
export interface OtherBlock {
  type: 'redacted_thinking' | 'image' | 'document' | 'search_result';
  cache_control?: CacheControl | null;
  [field: string]: unknown;
}

export type RequestBlock = TextBlock | ToolUseBlock | ToolResultBlock | ThinkingBlock | OtherBlock;

export interface RequestMessage {
  role: 'user' | 'assistant' | 'system';
  content: string | RequestBlock[];
}

export interface ToolDefinition {
  name: string;
  description?: string;
  input_schema?: Record<string, unknown>;
  cache_control?: CacheControl | null;
  [field: string]: unknown;
}

/** A request that passed validation. */
export interface MessagesRequest {
  model: string;
  max_tokens: number;
  messages: RequestMessage[];
  system?: string | TextBlock[];
  tools?: ToolDefinition[];
  tool_choice?: { type: 'auto' | 'any' | 'tool' | 'none'; name?: string; disable_parallel_tool_use?: boolean };
  stream?: boolean;
  thinking?: { type: string; budget_tokens?: number; display?: string | null };
  cache_control?: CacheControl | null;
  output_config?: { effort?: string | null; format?: { type: string; schema: Record<string, unknown> } | null };
  metadata?: { user_id?: string | null };
  stop_sequences?: string[];
  [field: string]: unknown;
}
