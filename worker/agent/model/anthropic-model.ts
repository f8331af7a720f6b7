/**
 * The Model over @anthropic-ai/sdk and any server that speaks the Messages API. The SDK sends (credentials, headers,
 * first retries); the stream is read by read-stream.ts, because the SDK's reader costs more and hides the signs of
 * life that stall detection needs. Streams that are cut or stall are asked for again with jittered back-off.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addUsage, noUsage, toErrorRecord } from '../../../tasks/index.ts';
import { type AnthropicClients, type ClientSettings, createAnthropicClients } from './anthropic-clients.ts';
import { createTurnAssembler, type TurnAssembler } from './assemble-turn.ts';
import type { Model, ModelTurn, StreamOptions } from './model.ts';
import { type ModelFailure, modelFailure } from './model-failure.ts';
import { defaultModelName, findModel } from './model-table.ts';
import { readStream } from './read-stream.ts';
import { createRequestText } from './request-text.ts';

export interface AnthropicModelOptions extends ClientSettings {
  /** Default claude-sonnet-5-5. */
  name?: string | undefined;
  /** Default: ANTHROPIC_BASE_URL, a profile's, or the public API. */
  baseUrl?: string | undefined;
  /** Output tokens a turn may use, thinking included. Default 32,000, or 8,192 for a model that is not in the table. */
  maxTokens?: number | undefined;
  /** Shared with other models of the thread. */
  clients?: AnthropicClients;
  /**
   * A server that sends nothing for so long, before its answer or within, is asked again; one that sends only signs of
   * life for five times as long as well. Default 120,000 ms.
   */
  idleTimeoutMs?: number | undefined;
  /** Tries of one turn, the first included, on top of the SDK's own. Default 6. */
  attempts?: number;
  /** The wait before the second try, doubled each time up to 30 s, half of it random. Default 1,000 ms. */
  backoffMs?: number;
}

const usualMaxTokens = 32_000;
const cautiousMaxTokens = 8_192;
const longestBackoffMs = 30_000;
const longestRetryAfterMs = 300_000;
/** A server that answers nothing at all is not there: its user wants to know soon. */
const attemptsAtNobody = 2;
/** Each costs the whole idle limit. */
const toleratedStalls = 3;
/** A body that is text already needs it. */
const headers = { 'content-type': 'application/json' };

export function createAnthropicModel(options: AnthropicModelOptions): Model {
  const {
    name = defaultModelName,
    baseUrl,
    idleTimeoutMs: idleMs = 120_000,
    attempts = 6,
    backoffMs = 1_000,
  } = options;
  const clients = options.clients ?? createAnthropicClients(options);
  const maxTokens = options.maxTokens ?? defaultMaxTokens(name);

  const requestText = createRequestText({ model: name, max_tokens: maxTokens, stream: true });

  async function attempt(body: string, stream: StreamOptions): Promise<Attempt> {
    const assembler = createTurnAssembler(name, stream);
    try {
      const client = await clients.for(baseUrl);
      await readStream(assembler, { signal: stream.signal, idleMs }, (signal) =>
        client.post('/v1/messages', { body, headers, stream: true, signal, timeout: idleMs }).asResponse(),
      );
      return { assembler };
    } catch (error) {
      const failure = isOwn(error) ? { error: toErrorRecord(error) } : modelFailure(error, name, stream.signal);
      return { assembler, failure };
    }
  }

  return {
    name,
    async stream(request, streamOptions) {
      const body = requestText(request);
      let spent = noUsage();
      let stalls = 0;
      for (let count = 1; ; count += 1) {
        const { assembler, failure } = await attempt(body, streamOptions);
        spent = addUsage(spent, assembler.usage());
        if (failure === undefined) return turnOf(assembler, spent);
        const limit = failure.unreachable === true ? Math.min(attempts, attemptsAtNobody) : attempts;
        stalls += failure.stalls ?? 0;
        if (failure.passing !== true || count >= limit || stalls >= toleratedStalls)
          return { ok: false, error: failure.error, usage: spent };
        try {
          await sleep(waitBefore(count, failure.retryAfterMs, backoffMs), undefined, { signal: streamOptions.signal });
        } catch {
          return { ok: false, error: toErrorRecord(streamOptions.signal.reason), usage: spent };
        }
      }
    },
  };
}

interface Attempt {
  assembler: TurnAssembler;
  failure?: ModelFailure;
}

function defaultMaxTokens(name: string): number {
  const known = findModel(name);
  return known === undefined ? cautiousMaxTokens : Math.min(usualMaxTokens, known.maxOutputTokens);
}

function turnOf(assembler: TurnAssembler, usage: ReturnType<typeof noUsage>): ModelTurn {
  const { content, stopReason, malformed } = assembler;
  return { ok: true, content, stopReason, usage, ...(Object.keys(malformed).length === 0 ? {} : { malformed }) };
}

function waitBefore(count: number, retryAfterMs: number | undefined, backoffMs: number): number {
  const backoff = Math.min(backoffMs * 2 ** (count - 1), longestBackoffMs) * (0.5 + Math.random() / 2);
  // What the server asked for, spread a little so that not all who wait come back at once.
  return retryAfterMs === undefined ? backoff : Math.min(retryAfterMs, longestRetryAfterMs) + backoff * 0.5;
}

function isOwn(error: unknown): boolean {
  return error instanceof Error && error.name === 'FanfoldError';
}
