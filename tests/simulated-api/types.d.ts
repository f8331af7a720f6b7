/**
 * The words of the simulated Messages API. Tests import them through server.d.ts; the `.js` files beside this one
 * are checked against them. Times are milliseconds, tokens are estimates (4 bytes each), nothing leaves this machine.
 */

import type { MessagesRequest } from './request-types.d.ts';

export type * from './request-types.d.ts';

/** What a script knows about a request besides its body. */
export interface RequestContext {
  /** Position among all POST /v1/messages of this server, retries included, from 0. */
  index: number;
  /** How many assistant turns the request holds: 0 on the first request of a conversation. */
  turn: number;
  /** How often this turn of this conversation was asked for, this time included: 1, then 2 on a retry. */
  attempt: number;
  /** Equal for all requests of one conversation: a digest of model and first user text unless overridden. */
  conversation: string;
  /** All text blocks of the first user turn, joined by line ends. */
  firstUserText: string;
  /** All text blocks of the last user turn, joined by line ends. */
  lastUserText: string;
  /** The results that open the last user turn; empty when it has none. */
  toolResults: ToolResult[];
}

export interface ToolResult {
  id: string;
  /** Name of the tool that was called. */
  name: string;
  input: Record<string, unknown>;
  /** All text of the result, joined by line ends. */
  text: string;
  isError: boolean;
}

export type ReplyBlock =
  | { type: 'text'; text: string }
  /** `json` is streamed in place of the input, for instance its beginning. */
  | { type: 'tool_use'; name: string; input: Record<string, unknown>; id?: string; json?: string }
  | { type: 'thinking'; thinking: string }
  | { type: 'redacted_thinking'; data: string };

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

export interface Reply {
  content: ReplyBlock[];
  /** Default: `tool_use` when a tool is called, else `end_turn`. */
  stopReason?: StopReason;
  stopSequence?: string;
  /** Replaces the server's latency for this reply. */
  latencyMs?: number;
  fault?: Fault;
}

export type Script = (request: MessagesRequest, context: RequestContext) => Reply | Promise<Reply>;

/** Which requests a fault hits; all given conditions must hold. Without any, every request. */
export interface FaultTarget {
  /** One or several request indexes (see RequestContext.index). */
  at?: number | number[];
  /** A part of the first user text, or a predicate. */
  match?: string | ((request: MessagesRequest, context: RequestContext) => boolean);
  turn?: number;
  /** Only the first N attempts of a turn. */
  attempts?: number;
  /** 0 to 1, drawn from the server's seed and the request index. */
  probability?: number;
  /** At most this many times in all. */
  times?: number;
}

/** Where in the answer a fault strikes. Default: after half of the events. */
export interface FaultPosition {
  afterEvents?: number;
  afterBytes?: number;
}

export type Fault = FaultTarget &
  (
    | { kind: 'rate-limit'; retryAfterSeconds?: number; message?: string }
    | { kind: 'overloaded'; message?: string }
    | { kind: 'server-error'; message?: string }
    | { kind: 'http-error'; status: number; type: string; message: string; headers?: Record<string, string> }
    | ({ kind: 'stream-error'; errorType?: 'overloaded_error' | 'api_error' } & FaultPosition)
    | ({ kind: 'drop' } & FaultPosition)
    | ({ kind: 'stall'; stallMs: number } & FaultPosition)
    | { kind: 'latency'; latencyMs: number }
  );

export type FaultKind = Fault['kind'];

export interface ScenarioStep {
  reply: Reply | Script;
  /** Throws when the request is not what the test wants: the request gets a 400 and assertFinished throws. */
  expect?: (request: MessagesRequest, context: RequestContext) => void;
  /** Hits the first attempt of this step only. */
  fault?: Fault;
}

/** The steps of one conversation, in order. A step is consumed once its reply has been sent whole. */
export interface Scenario {
  name?: string;
  /** On the first user text: a part of it, a pattern, or a predicate. */
  match: string | RegExp | ((firstUserText: string, request: MessagesRequest) => boolean);
  steps: ScenarioStep[];
}

export interface Usage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number };
}

export interface RequestRecord {
  /** Position among all POST requests since the last reset, those to count_tokens included. */
  index: number;
  method: string;
  path: string;
  /** Lower-case names; x-api-key and authorization say `present` instead of their value. */
  headers: Record<string, string>;
  body: unknown;
  /** Unix time in ms. */
  startedAt: number;
  endedAt: number | undefined;
  status: number | undefined;
  /** `aborted`: the client went away first. `refused`: a 4xx of the API's own rules or of the script. */
  outcome: 'pending' | 'answered' | 'refused' | 'faulted' | 'aborted';
  fault: FaultKind | undefined;
  error: string | undefined;
  conversation: string | undefined;
  turn: number | undefined;
  attempt: number | undefined;
  reply: Reply | undefined;
  usage: Usage | undefined;
}

export interface Totals {
  requests: number;
  answered: number;
  refused: number;
  faulted: number;
  aborted: number;
  inFlight: number;
  maxInFlight: number;
  faults: Partial<Record<FaultKind, number>>;
  inputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  outputTokens: number;
  /** Unix times in ms. */
  firstRequestAt: number | undefined;
  lastAnswerAt: number | undefined;
  /** Records that were let go because more than `keepLimit` came. */
  forgotten: number;
}

/** Of each model: what fits into a window when nothing was used before; it comes back evenly. */
export interface RateLimits {
  requests?: number;
  /** Those that are not read from the prompt cache. */
  inputTokens?: number;
  outputTokens?: number;
  /** Default 60,000. */
  windowMs?: number;
}

export interface SimulatedApiOptions {
  script?: Script;
  scenarios?: Scenario[];
  faults?: Fault[];
  /** Default: none. Requests beyond them are refused. */
  rateLimits?: RateLimits;
  /** For the probabilities of faults. Default 1. */
  seed?: number;
  /** From the whole request to the first byte of the answer. Default 0. */
  latencyMs?: number | ((context: RequestContext) => number);
  /** The events of a stream are spread over this time. Default 0: all at once. */
  streamMs?: number;
  /** Writes streams in pieces of this many bytes, across event and character boundaries. Default 0: not. */
  splitBytes?: number;
  /** Default true. False is a local server that asks for no key. */
  requireKey?: boolean;
  /** Only these models exist (404 otherwise). Default: any name. */
  models?: string[];
  /** `light` checks only the outline of a request. Default `strict`. */
  validation?: 'strict' | 'light';
  /** `none` keeps totals only. Default `all`. */
  keep?: 'all' | 'none';
  /** How many records are kept at most. Default 10,000. */
  keepLimit?: number;
  /** Default 32 MiB. */
  maxRequestBytes?: number;
  /** Longer prompts are refused. Default: what the model of that name has; a name that is not Claude's has no limit. */
  contextTokens?: number;
  /** Default 1,024. */
  minimumCacheTokens?: number;
  /** Overrides RequestContext.conversation. */
  conversationOf?: (request: MessagesRequest) => string;
  /** Milliseconds, for the lifetime of cache entries only. Default Date.now. */
  clock?: () => number;
  /** Default 0: a free port. */
  port?: number;
}

export interface SimulatedApi extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY for a client. */
  readonly environment: Record<string, string>;
  /** POST requests in order of arrival. */
  readonly requests: readonly RequestRecord[];
  totals(): Totals;
  addScenario(scenario: Scenario): void;
  addFault(fault: Fault): void;
  /** What assertFinished would throw, one sentence each. */
  problems(options?: { allowRefused?: boolean }): string[];
  /** Throws when a step is left, a request did not match, an `expect` or a script threw, or a request was refused. */
  assertFinished(options?: { allowRefused?: boolean }): void;
  /** Forgets records, totals, attempts, refusals and the prompt cache; keeps script, scenarios, faults and indexes. */
  reset(): void;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}
