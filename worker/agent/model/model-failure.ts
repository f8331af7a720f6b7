/** Turns whatever the SDK or a stream throws into an ErrorRecord. Called by anthropic-model.ts. */
import { type ErrorRecord, isAbortError, messageOf, toErrorRecord } from '../../../tasks/index.ts';
import { StreamError } from './assemble-turn.ts';

/** What the classes of the SDK's errors have in common; matched by shape, since the SDK is loaded late. */
interface ApiFailure {
  status?: number;
  type?: string | null;
  name?: string;
  headers?: { get(name: string): string | null };
}

export interface ModelFailure {
  error: ErrorRecord;
  /** How long the server asked to wait, in ms. */
  retryAfterMs?: number;
  /** Nothing answered at the address: more than a few tries are in vain. */
  unreachable?: boolean;
  /** It may be gone at the next try. */
  passing?: boolean;
  /** How often the server was waited for in vain. */
  stalls?: number;
}

/** How often the SDK itself tries a request that is not answered; see anthropic-clients.ts. */
const triesOfSdk = 3;
const overloadedTypes = new Set(['overloaded_error', 'rate_limit_error']);

export function modelFailure(thrown: unknown, model: string, signal: AbortSignal): ModelFailure {
  if (signal.aborted) return { error: toErrorRecord(signal.reason) };
  const failure: ApiFailure = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const { status, type } = failure;
  const said = messageOf(thrown).slice(0, 2000);
  const data = { model, ...(status === undefined ? {} : { status }), ...(type == null ? {} : { type }) };
  if (status === 401 || failure.name === 'WorkloadIdentityError') {
    return {
      error: {
        code: 'credentials-missing',
        message: `The server refused the credentials: ${said}`,
        next: 'Check ANTHROPIC_API_KEY (or your Anthropic profile) and the base URL; `fanfold doctor` shows which are used.',
        failure: 'permanent',
        data,
      },
    };
  }
  if (status === 429 || status === 529 || overloadedTypes.has(type ?? '')) {
    const retryAfterMs = retryAfter(failure.headers);
    return {
      error: {
        code: 'model-overloaded',
        message: `The model ${model} is overloaded or its rate limit is reached: ${said}`,
        next: 'Wait and run again, or use fewer agents at once (`--concurrency`).',
        failure: 'transient',
        data,
      },
      passing: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  if (status !== undefined && status < 500 && status !== 408 && status !== 409) {
    return {
      error: {
        code: 'model-failed',
        message: `The server refused the request for ${model}: ${said}`,
        next: adviceFor(status),
        failure: 'permanent',
        data,
      },
    };
  }
  if (failure.name === 'APIConnectionTimeoutError') return stalled('it did not begin to answer in time.', triesOfSdk);
  if (thrown instanceof StreamError && type === 'stalled') return stalled(said, 1);
  const cut = thrown instanceof StreamError || isAbortError(thrown) || thrown instanceof SyntaxError;
  return {
    error: {
      code: 'model-failed',
      message: `No whole answer came from ${model}: ${said}${causeOf(thrown)}`,
      next: 'Check the network and the base URL, then run again.',
      failure: 'transient',
      data,
    },
    passing: true,
    ...(status === undefined && !cut && isConnectionFailure(thrown) ? { unreachable: true } : {}),
  };

  function stalled(what: string, stalls: number): ModelFailure {
    return {
      error: {
        code: 'model-failed',
        message: `No whole answer came from ${model}: ${what}`,
        next: 'Check the network and the server; one that is silent for long before it answers needs a longer `model.idleTimeout`.',
        failure: 'timeout',
        data,
      },
      passing: true,
      stalls,
    };
  }
}

function adviceFor(status: number): string {
  if (status === 403) return 'Check that your account may use this model.';
  if (status === 404) return 'Check the name of the model and the base URL.';
  if (status === 413) return 'Give the subtask less to read, or split it.';
  return 'Check the settings under `model`; the transcript of the subtask holds the conversation.';
}

/** The `retry-after` headers in ms, when they name a positive time. */
function retryAfter(headers: ApiFailure['headers']): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (milliseconds > 0) return milliseconds;
  const value = headers?.get('retry-after') ?? '';
  const seconds = Number.parseFloat(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return wait > 0 ? wait : undefined;
}

function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause === undefined ? '' : ` (${messageOf(cause).slice(0, 500)})`;
}

function isConnectionFailure(thrown: unknown): boolean {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND')) return true;
  }
  return false;
}
