/**
 * The Model over @anthropic-ai/sdk and any server that speaks the Messages API. The SDK sends (credentials, headers);
 * the stream is read by read-stream.ts, because the SDK's reader costs more and hides the signs of life that stall
 * detection needs. Each try passes the governor; what was refused, was cut or stalled is asked for again.
 */
import { createHash } from 'node:crypto';
import {
  addUsage,
  defaultModelName,
  type ErrorRecord,
  type ModelSettings,
  noUsage,
  toErrorRecord,
  type Usage,
} from '../../../tasks/index.ts';
import {
  type AnthropicClient,
  type AnthropicClients,
  type ClientSettings,
  createAnthropicClients,
} from './anthropic-clients.ts';
import { createTurnAssembler, type TurnAssembler } from './assemble-turn.ts';
import type { Governor, Permit, Settlement } from './governor/governor.ts';
import { createMember } from './governor/member.ts';
import { readAllowances } from './governor/rate-limit-headers.ts';
import type { Model, ModelRequest, ModelTurn, StreamOptions } from './model.ts';
import { type ModelFailure, modelFailure } from './model-failure.ts';
import { costOf, findModel } from './model-table.ts';
import { createPassage } from './passage.ts';
import type { Expense } from './purse.ts';
import { readStream } from './read-stream.ts';
import { requestSettings } from './request-settings.ts';
import { createRequestText } from './request-text.ts';
import { createTries, type Patience } from './tries.ts';

export interface AnthropicModelOptions extends ClientSettings {
  /** Default claude-sonnet-5-5. */
  name?: string | undefined;
  /** Default: ANTHROPIC_BASE_URL, a profile's, or the public API. */
  baseUrl?: string | undefined;
  /** Output tokens a turn may use, thinking included. Default 32,000, or 8,192 for a model of unknown limits; more for a thinking budget. */
  maxTokens?: number | undefined;
  /** Without it the server decides. */
  effort?: ModelSettings['effort'];
  /** Without it the server decides. */
  thinking?: ModelSettings['thinking'];
  /** What else is known of models than the table has: prices, sizes. */
  facts?: ModelSettings['facts'];
  /** Shared with other models of the thread. */
  clients?: AnthropicClients;
  /** Shared with other models of the thread. Default: one of its own, which knows of nobody else. */
  governor?: Governor;
  /** Where another model stands by: when this one gives a turn up, with `model-overloaded`. Default: never. */
  patience?: Patience | undefined;
  /**
   * A server that sends nothing for so long, before its answer or within, is asked again; one that sends only signs of
   * life for five times as long as well. Default 120,000 ms.
   */
  idleTimeoutMs?: number | undefined;
  /** Tries of one turn that may fail otherwise than by a rate limit or an overload. Default 8. */
  attempts?: number;
  /** The longest wait before the second try, doubled each time up to 30 s; the wait is random. Default 1,000 ms. */
  backoffMs?: number;
}

const cautiousContextTokens = 128_000;
/** What is left of a budget for an answer, tokens; with less, agents are better stopped. */
const leastAnswer = 1_024;
/** A body that is text already needs it. */
const headers = { 'content-type': 'application/json' };

export function createAnthropicModel(options: AnthropicModelOptions): Model {
  const { name = defaultModelName, baseUrl, patience, facts } = options;
  const { idleTimeoutMs: idleMs = 120_000, attempts = 8, backoffMs = 1_000 } = options;
  const clients = options.clients ?? createAnthropicClients(options);
  const governor = options.governor ?? lonelyGovernor();
  const settings = requestSettings(name, options);
  const requestText = createRequestText(settings);
  const shorterBody = (request: ModelRequest, outputTokens: number): string =>
    createRequestText({ ...settings, max_tokens: outputTokens })(request);
  const expense: Expense = {
    model: name,
    costOf: (tokens) => costOf(name, tokens, facts),
    outputTokens: settings.max_tokens,
    leastOutputTokens: leastAnswer + (settings.thinking?.type === 'enabled' ? settings.thinking.budget_tokens : 0),
  };

  async function attempt(
    { client }: AnthropicClient,
    { body, outputTokens }: { body: string; outputTokens: number },
    permit: Permit,
    stream: StreamOptions,
  ): Promise<Attempt> {
    const assembler = createTurnAssembler({ name, facts }, stream, outputTokens);
    try {
      await readStream(assembler, { signal: stream.signal, idleMs }, async (signal) => {
        const posted = { body, headers, stream: true, signal, timeout: idleMs };
        const response = await client.post('/v1/messages', posted).asResponse();
        permit.learn(readAllowances(response.headers));
        return response;
      });
      const { inputTokens, cacheWriteTokens, outputTokens } = assembler.usage();
      permit.settle({ kind: 'answered', inputTokens: inputTokens + cacheWriteTokens, outputTokens });
      return { assembler };
    } catch (error) {
      const failure = modelFailure(error, name, stream.signal);
      permit.learn(failure.refused?.allowances ?? []);
      permit.settle(settlementOf(failure));
      return { assembler, failure };
    }
  }

  return {
    name,
    limits: {
      contextTokens: findModel(name, facts)?.contextTokens ?? cautiousContextTokens,
      outputTokens: settings.max_tokens,
    },
    async stream(request, streamOptions) {
      const { signal } = streamOptions;
      const body = requestText(request);
      const tries = createTries({ attempts, backoffMs, patience });
      let spent = noUsage();
      let isRefreshed = false;
      const failed = (error: ErrorRecord): ModelTurn => ({ ok: false, error, usage: spent });
      let connection: AnthropicClient;
      try {
        connection = await clients.for(baseUrl);
      } catch (error) {
        return failed(toErrorRecord(error));
      }
      const lane = laneOf(connection.account, name);
      const passage = createPassage({ governor, lane, name, tries, streamOptions });
      /** Money first: whoever waits for it must not keep a permit from others. */
      const tryOnce = async (): Promise<Attempt | { error: ErrorRecord }> => {
        const paid = await streamOptions.purse?.reserve(expense, signal);
        if (paid !== undefined && 'error' in paid) return paid;
        const { outputTokens = settings.max_tokens } = paid ?? {};
        let used = noUsage();
        try {
          const entered = await passage.enter();
          if ('error' in entered) return entered;
          const sent = outputTokens === settings.max_tokens ? body : shorterBody(request, outputTokens);
          const tried = await attempt(connection, { body: sent, outputTokens }, entered.permit, streamOptions);
          used = tried.assembler.mostUsage();
          return tried;
        } finally {
          paid?.settle(used);
        }
      };
      for (;;) {
        const tried = await tryOnce();
        if ('error' in tried) return failed(tried.error);
        const { assembler, failure } = tried;
        spent = addUsage(spent, assembler.usage());
        if (failure === undefined) return turnOf(assembler, spent, tries.count > 1);
        if (signal.aborted) return failed(failure.error);
        if (failure.unauthorized === true && connection.refreshes && !isRefreshed) {
          isRefreshed = true;
          continue;
        }
        const waitMs = tries.after(failure);
        if (waitMs === undefined) return failed(failure.error);
        const ended = await passage.pause(waitMs, failure.refused?.why);
        if (ended !== undefined) return failed(ended);
      }
    },
  };
}

interface Attempt {
  assembler: TurnAssembler;
  failure?: ModelFailure;
}

/** Limits are for each model of an account. */
function laneOf(account: string, name: string): string {
  return createHash('sha256').update(`${account} ${name}`).digest('hex').slice(0, 32);
}

function lonelyGovernor(): Governor {
  return createMember({ join: async () => (await import('./governor/join.ts')).joinGovernor({ parents: [] }) });
}

function settlementOf({ refused }: ModelFailure): Settlement {
  if (refused === undefined) return { kind: 'broken' };
  const { retryAfterMs } = refused;
  return { kind: 'refused', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function turnOf(assembler: TurnAssembler, usage: Usage, isRetried: boolean): ModelTurn {
  const { content, stopReason, malformed } = assembler;
  return {
    ok: true,
    content,
    stopReason,
    usage,
    ...(isRetried ? { answered: assembler.usage() } : {}),
    ...(Object.keys(malformed).length === 0 ? {} : { malformed }),
  };
}
