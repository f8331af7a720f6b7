// @ts-check

/**
 * @import { IncomingMessage } from 'node:http'
 * @import { RequestRecord, Totals } from './types.d.ts'
 */

const secretHeaders = new Set(['x-api-key', 'authorization']);

/**
 * What came in and how it was answered.
 * @param {'all' | 'none'} keep
 * @param {number} keepLimit
 */
export function createRecords(keep, keepLimit) {
  /** @type {RequestRecord[]} */
  const requests = [];
  let totals = emptyTotals();

  return {
    requests,

    /**
     * @param {IncomingMessage} request
     * @param {string} path
     * @returns {RequestRecord}
     */
    begin(request, path) {
      const record = emptyRecord(totals.requests, request, path, keep === 'all');
      totals.requests += 1;
      totals.inFlight += 1;
      totals.maxInFlight = Math.max(totals.maxInFlight, totals.inFlight);
      totals.firstRequestAt ??= record.startedAt;
      if (keep === 'none') return record;
      requests.push(record);
      if (requests.length > keepLimit) {
        requests.shift();
        totals.forgotten += 1;
      }
      return record;
    },

    /**
     * Ends a record; later calls for the same record change nothing.
     * @param {RequestRecord} record
     * @param {{ outcome: Exclude<RequestRecord['outcome'], 'pending'> } & Partial<RequestRecord>} end
     */
    end(record, end) {
      if (record.outcome !== 'pending') return;
      Object.assign(record, end, { endedAt: Date.now() });
      totals.inFlight -= 1;
      totals[end.outcome] += 1;
      if (record.fault !== undefined) totals.faults[record.fault] = (totals.faults[record.fault] ?? 0) + 1;
      totals.lastAnswerAt = Date.now();
      const { usage } = end;
      if (usage === undefined) return;
      totals.inputTokens += usage.input_tokens;
      totals.cacheReadTokens += usage.cache_read_input_tokens;
      totals.cacheCreationTokens += usage.cache_creation_input_tokens;
      totals.outputTokens += usage.output_tokens;
    },

    /** @returns {Totals} */
    totals() {
      return structuredClone(totals);
    },

    clear() {
      requests.length = 0;
      const { inFlight } = totals;
      totals = { ...emptyTotals(), inFlight };
    },
  };
}

/** @typedef {ReturnType<typeof createRecords>} Records */

/** @returns {Totals} */
function emptyTotals() {
  return {
    requests: 0,
    answered: 0,
    refused: 0,
    faulted: 0,
    aborted: 0,
    inFlight: 0,
    maxInFlight: 0,
    faults: {},
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    outputTokens: 0,
    firstRequestAt: undefined,
    lastAnswerAt: undefined,
    forgotten: 0,
  };
}

/**
 * @param {number} index
 * @param {IncomingMessage} request
 * @param {string} path
 * @param {boolean} withHeaders
 * @returns {RequestRecord}
 */
function emptyRecord(index, request, path, withHeaders) {
  return {
    index,
    method: request.method ?? '',
    path,
    headers: withHeaders ? publicHeaders(request) : {},
    body: undefined,
    startedAt: Date.now(),
    endedAt: undefined,
    status: undefined,
    outcome: 'pending',
    fault: undefined,
    error: undefined,
    conversation: undefined,
    turn: undefined,
    attempt: undefined,
    reply: undefined,
    usage: undefined,
  };
}

/** @param {IncomingMessage} request */
function publicHeaders({ headers }) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name) ? 'present' : String(value)]),
  );
}
