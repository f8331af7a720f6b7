// @ts-check
import { ApiError, refuse } from './api-error.js';
import { checkHeaders, pause, readJson } from './exchange.js';
import { faultError } from './fault-errors.js';
import { createMessage } from './message.js';
import { playStream, playWhole } from './play-answer.js';
import { bytesPerToken, countInputTokens } from './prompt-parts.js';
import { isSignedThinking } from './signature.js';
import { modelRules } from './validate/model-rules.js';
import { validateRequest } from './validate/request.js';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Fault, MessagesRequest, RequestContext, RequestRecord, SimulatedApiOptions, Usage } from './types.d.ts'
 * @import { createContexts } from './request-context.js'
 * @import { createFaultPlan } from './faults.js'
 * @import { createIds } from './message.js'
 * @import { createRateLimits } from './rate-limits.js'
 * @import { createPlaybook, Prepared } from './scenario.js'
 * @import { PromptCache, Measurement } from './prompt-cache.js'
 * @import { Records } from './records.js'
 */

/**
 * What all requests of one server share.
 * @typedef {object} State
 * @property {SimulatedApiOptions} options
 * @property {Records} records
 * @property {PromptCache} cache
 * @property {ReturnType<typeof createContexts>} contexts
 * @property {ReturnType<typeof createFaultPlan>} faults
 * @property {ReturnType<typeof createRateLimits> | undefined} rateLimits
 * @property {ReturnType<typeof createPlaybook>} playbook
 * @property {ReturnType<typeof createIds>} nextId
 */

/**
 * @typedef {object} Exchange
 * @property {IncomingMessage} request
 * @property {ServerResponse} response
 * @property {RequestRecord} record
 * @property {string} requestId
 */

const maximumBytes = 32 * 1024 * 1024;

/**
 * Headers, then body, then rules: the request as the rest may rely on it.
 * @param {State} state
 * @param {Exchange} exchange
 * @param {'messages' | 'count_tokens'} endpoint
 * @returns {Promise<MessagesRequest>}
 */
export async function receive({ options }, { request, record }, endpoint) {
  const body = await readJson(request, options.maxRequestBytes ?? maximumBytes);
  if (options.keep !== 'none') record.body = body;
  const version = checkHeaders(request, options.requireKey ?? true);
  const validation = options.validation ?? 'strict';
  const valid = validateRequest(body, { endpoint, version, validation, isSigned: signedBy(body) });
  if (options.models !== undefined && !options.models.includes(valid.model)) {
    throw new ApiError(404, 'not_found_error', `model: ${valid.model}`);
  }
  return valid;
}

/**
 * A thought is worth something only to the model that had it.
 * @param {unknown} body
 * @returns {(thinking: string, signature: string) => boolean}
 */
function signedBy(body) {
  const { model } = /** @type {{ model?: unknown }} */ (body ?? {});
  return (thinking, signature) => isSignedThinking(thinking, signature, String(model));
}

/**
 * POST /v1/messages.
 * @param {State} state
 * @param {Exchange} exchange
 */
export async function answerMessage(state, exchange) {
  const { record } = exchange;
  const index = state.contexts.nextIndex();
  const request = await receive(state, exchange, 'messages');
  checkLength(request, Number(exchange.request.headers['content-length'] ?? Number.NaN), state.options.contextTokens);
  const context = state.contexts.open(request, index);
  Object.assign(record, { conversation: context.conversation, turn: context.turn, attempt: context.attempt });
  if (state.rateLimits !== undefined) admit(state, exchange, request, state.rateLimits);
  const planned = state.faults.choose(request, context);
  failBefore(record, planned);
  const prepared = await prepare(state, request, context);
  try {
    const fault = planned ?? prepared.fault;
    failBefore(record, fault);
    await answer(state, exchange, request, { context, prepared, fault, measurement: state.cache.measure(request) });
  } finally {
    prepared.release();
  }
}

/**
 * @param {State} state
 * @param {Exchange} exchange
 * @param {MessagesRequest} request
 * @param {NonNullable<State['rateLimits']>} rateLimits
 */
function admit(state, { record, response }, request, rateLimits) {
  record.fault = 'rate-limit';
  const limits = rateLimits.admit(request.model, state.cache.measure(request).usage);
  record.fault = undefined;
  for (const [name, value] of Object.entries(limits)) response.setHeader(name, value);
}

/**
 * @param {MessagesRequest} request
 * @param {number} bodyBytes more than what counts, so that short requests need no count
 * @param {number | undefined} limit
 */
function checkLength(request, bodyBytes, limit) {
  const { contextTokens, reservesOutput } = modelRules(request.model);
  const window = limit ?? contextTokens;
  if (window === Number.POSITIVE_INFINITY || bodyBytes / bytesPerToken + request.max_tokens <= window) return;
  const tokens = countInputTokens(request);
  if (tokens > window) refuse('', `prompt is too long: ${tokens} tokens > ${window} maximum`);
  if (reservesOutput && tokens + request.max_tokens > window) {
    refuse(
      '',
      `input length and \`max_tokens\` exceed context limit: ${tokens} + ${request.max_tokens} > ${window}, decrease ` +
        'input length or `max_tokens` and try again',
    );
  }
}

/**
 * `max_tokens: 0` only fills the prompt cache: nothing is generated, so no script is asked.
 * @param {State} state
 * @param {MessagesRequest} request
 * @param {RequestContext} context
 * @returns {Prepared | Promise<Prepared>}
 */
function prepare({ playbook }, request, context) {
  if (request.max_tokens > 0) return playbook.prepare(request, context);
  return { reply: { content: [], stopReason: 'max_tokens' }, fault: undefined, consume() {}, release() {} };
}

/**
 * @param {RequestRecord} record
 * @param {Fault | undefined} fault
 */
function failBefore(record, fault) {
  const error = fault === undefined ? undefined : faultError(fault);
  if (error === undefined) return;
  record.fault = fault?.kind;
  throw error;
}

/**
 * @param {State} state
 * @param {Exchange} exchange
 * @param {MessagesRequest} request
 * @param {{ context: RequestContext, prepared: Prepared, fault: Fault | undefined, measurement: Measurement }} made
 */
async function answer(state, exchange, request, { context, prepared, fault, measurement }) {
  const { options, records, nextId } = state;
  const { record, response, requestId } = exchange;
  const { reply } = prepared;
  record.fault = fault?.kind;
  const message = createMessage(request, reply, measurement.usage, nextId);
  if (options.keep !== 'none') record.reply = reply;
  const latencyMs = fault?.kind === 'latency' ? fault.latencyMs : (reply.latencyMs ?? latencyOf(options, context));
  if (!(await pause(response, latencyMs))) return records.end(record, { outcome: 'aborted' });
  const play = request.stream === true ? playStream : playWhole;
  const result = await play({
    response,
    message,
    requestId,
    fault: fault?.kind === 'latency' ? undefined : fault,
    streamMs: options.streamMs ?? 0,
    splitBytes: options.splitBytes ?? 0,
    onBegin: measurement.begin,
  });
  if (result === 'aborted') return records.end(record, { outcome: 'aborted', status: 200 });
  if (result === 'broken') return records.end(record, { outcome: 'faulted', status: 200 });
  prepared.consume();
  /** @type {Usage} */
  const usage = message.usage;
  state.rateLimits?.spend(request.model, usage.output_tokens);
  return records.end(record, { outcome: 'answered', status: 200, usage });
}

/**
 * @param {SimulatedApiOptions} options
 * @param {RequestContext} context
 */
function latencyOf({ latencyMs = 0 }, context) {
  return typeof latencyMs === 'function' ? latencyMs(context) : latencyMs;
}
