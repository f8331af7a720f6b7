// @ts-check
/**
 * The simulated Messages API: a real HTTP server on 127.0.0.1 that is as strict about the protocol as the real one and
 * answers from a script. Started by tests (server.d.ts) and, as a process of its own, by main.js. It promises exact
 * prompt-cache accounting, faults on demand, and that whatever does not match the script makes assertFinished throw.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerMessage, receive } from './answer-message.js';
import { ApiError } from './api-error.js';
import { checkHeaders, sendError, sendJson } from './exchange.js';
import { createFaultPlan } from './faults.js';
import { createIds } from './message.js';
import { describeModels } from './models.js';
import { createPromptCache } from './prompt-cache.js';
import { countInputTokens } from './prompt-parts.js';
import { createRateLimits } from './rate-limits.js';
import { createRecords } from './records.js';
import { createContexts } from './request-context.js';
import { createPlaybook } from './scenario.js';

/**
 * @import { AddressInfo } from 'node:net'
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { RequestRecord, SimulatedApi, SimulatedApiOptions } from './types.d.ts'
 * @import { State } from './answer-message.js'
 */

/**
 * @param {SimulatedApiOptions} [options]
 * @returns {Promise<SimulatedApi>}
 */
export async function createSimulatedApi(options = {}) {
  const state = createState(options);
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    void handle(state, request, response);
  });
  server.listen(options.port ?? 0, '127.0.0.1', 4096);
  await once(server, 'listening');
  const { port } = /** @type {AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}`;
  const { records, playbook } = state;

  /** @type {SimulatedApi} */
  const api = {
    url,
    port,
    environment: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'sk-ant-simulated' },
    requests: records.requests,
    totals: records.totals,
    addScenario: playbook.add,
    addFault: state.faults.add,
    problems: (settings) => problemsOf(state, settings?.allowRefused ?? false),
    assertFinished(settings) {
      const problems = api.problems(settings);
      if (problems.length > 0) throw new Error(`The scripted model is not satisfied:\n- ${problems.join('\n- ')}`);
    },
    reset: () => reset(state),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    [Symbol.asyncDispose]: () => api.close(),
  };
  return api;
}

/**
 * @param {SimulatedApiOptions} options
 * @returns {State & { refusals: string[] }}
 */
function createState(options) {
  return {
    options,
    records: createRecords(options.keep ?? 'all', options.keepLimit ?? 10_000),
    cache: createPromptCache({ minimumTokens: options.minimumCacheTokens ?? 1024, now: options.clock ?? Date.now }),
    contexts: createContexts(options.conversationOf),
    rateLimits: options.rateLimits === undefined ? undefined : createRateLimits(options.rateLimits, Date.now),
    faults: createFaultPlan(options.faults ?? [], options.seed ?? 1),
    playbook: createPlaybook(options.scenarios ?? [], options.script),
    nextId: createIds(),
    refusals: [],
  };
}

/** @param {ReturnType<typeof createState>} state */
function reset({ records, cache, contexts, refusals }) {
  records.clear();
  cache.clear();
  contexts.clear();
  refusals.length = 0;
}

/**
 * @param {ReturnType<typeof createState>} state
 * @param {boolean} allowRefused
 */
function problemsOf({ playbook, refusals }, allowRefused) {
  const refused = allowRefused ? [] : refusals.filter((refusal) => !playbook.problems.includes(refusal));
  return [...playbook.problems, ...refused, ...playbook.unfinished()];
}

/**
 * @param {ReturnType<typeof createState>} state
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
async function handle(state, request, response) {
  const requestId = state.nextId('req');
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const record = request.method === 'POST' && path.startsWith('/v1/') ? state.records.begin(request, path) : undefined;
  // Writing to a client that has just gone away is no defect: the request is recorded as aborted.
  response.on('error', () => {});
  try {
    await route(state, { request, response, path, requestId, record });
  } catch (error) {
    fail(state, { response, record, requestId }, error);
  }
}

/**
 * @param {ReturnType<typeof createState>} state
 * @param {{ request: IncomingMessage, response: ServerResponse, path: string, requestId: string,
 *   record: RequestRecord | undefined }} call
 */
async function route(state, { request, response, path, requestId, record }) {
  const { records, playbook, options } = state;
  if (record !== undefined && path === '/v1/messages') {
    return answerMessage(state, { request, response, record, requestId });
  }
  if (record !== undefined && path === '/v1/messages/count_tokens') {
    const valid = await receive(state, { request, response, record, requestId }, 'count_tokens');
    sendJson(response, 200, { input_tokens: countInputTokens(valid) }, requestId);
    return records.end(record, { outcome: 'answered', status: 200 });
  }
  request.resume();
  if (request.method === 'GET' && (path === '/v1/models' || path.startsWith('/v1/models/'))) {
    checkHeaders(request, options.requireKey ?? true);
    const id = path === '/v1/models' ? undefined : decodeURIComponent(path.slice('/v1/models/'.length));
    return sendJson(response, 200, describeModels(options.models, id), requestId);
  }
  if (request.method === 'GET' && path === '/_simulated/stats') {
    const stats = { ...records.totals(), problems: [...playbook.problems, ...playbook.unfinished()] };
    return sendJson(response, 200, { ...stats, cpu: process.cpuUsage(), memory: process.memoryUsage() }, requestId);
  }
  if (request.method === 'POST' && path === '/_simulated/reset') {
    reset(state);
    return sendJson(response, 200, {}, requestId);
  }
  throw path === '/v1/messages' || path === '/v1/messages/count_tokens'
    ? new ApiError(405, 'invalid_request_error', 'Method Not Allowed')
    : new ApiError(404, 'not_found_error', 'Not Found');
}

/**
 * @param {ReturnType<typeof createState>} state
 * @param {{ response: ServerResponse, record: RequestRecord | undefined, requestId: string }} call
 * @param {unknown} error
 */
function fail({ records, refusals }, { response, record, requestId }, error) {
  if (response.destroyed || response.headersSent) {
    if (record !== undefined) records.end(record, { outcome: 'aborted' });
    return;
  }
  const known =
    error instanceof ApiError ? error : new ApiError(500, 'api_error', `Defect in the simulation: ${error}`);
  sendError(response, known, requestId);
  const isFault = record?.fault !== undefined;
  if (!isFault) refusals.push(known.message);
  if (record === undefined) return;
  records.end(record, { outcome: isFault ? 'faulted' : 'refused', status: known.status, error: known.message });
}
