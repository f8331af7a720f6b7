/** Turns whatever the SDK or a stream throws into an ErrorRecord. Called by anthropic-model.ts. */
import { type ErrorRecord, isAbortError, messageOf, toErrorRecord } from '../../../tasks/index.ts';
import { StreamError } from './assemble-turn.ts';
import { type Allowance, readAllowances, readRetryAfter } from './governor/rate-limit-headers.ts';

/** What the classes of the SDK's errors have in common; matched by shape, since the SDK is loaded late. */
interface ApiFailure {
  status?: number;
  type?: string | null;
  name?: string;
  headers?: { get(name: string): string | null };
}

export interface ModelFailure {
  error: ErrorRecord;
  /** It was not to be served now, for a limit or because the server has too much to do. */
  refused?: Refusal;
  /** The credentials were refused; others may be had. */
  unauthorized?: boolean;
  /** Nothing answered at the address: more than a few tries are in vain. */
  unreachable?: boolean;
  /** It may be gone at the next try. */
  passing?: boolean;
  /** The server was waited for in vain, for the whole limit. */
  stalled?: boolean;
}

export interface Refusal {
  why: 'limit' | 'overload';
  /** How long the server asked to wait, in ms. */
  retryAfterMs?: number;
  allowances: Allowance[];
}

/** In the words of the API, of today and of older models, and of local servers. */
const tooLong =
  /prompt is too long|exceeds? (?:the )?(?:model's )?(?:maximum )?context (?:limit|length|window|size)|maximum context length/i;

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
      unauthorized: true,
    };
  }
  const isLimit = status === 429 || type === 'rate_limit_error';
  if (isLimit || status === 529 || type === 'overloaded_error') {
    const retryAfterMs = readRetryAfter(failure.headers);
    return {
      error: {
        code: 'model-overloaded',
        message: `The model ${model} is overloaded or its rate limit is reached: ${said}`,
        next: 'Wait and run again, or use fewer agents at once (`--concurrency`).',
        failure: 'transient',
        data,
      },
      passing: true,
      refused: {
        why: isLimit ? 'limit' : 'overload',
        allowances: failure.headers === undefined ? [] : readAllowances(failure.headers),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    };
  }
  if (status === 400 && tooLong.test(said)) {
    return {
      error: {
        code: 'context-exhausted',
        message: `The conversation is too long for ${model}: ${said}`,
        next: 'Give the subtask less to read, split it, or use a model with a larger context.',
        failure: 'permanent',
        data,
      },
    };
  }
  if (status !== undefined && status < 500 && status !== 408 && status !== 409) {
    return {
      error: {
        code: 'model-failed',
        message: `The server refused the request for ${model}: ${said}`,
        next: adviceFor(status, said),
        failure: 'permanent',
        data,
      },
    };
  }
  if (failure.name === 'APIConnectionTimeoutError') return stalled('it did not begin to answer in time.');
  if (thrown instanceof StreamError && type === 'stalled') return stalled(said);
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

  function stalled(what: string): ModelFailure {
    return {
      error: {
        code: 'model-failed',
        message: `No whole answer came from ${model}: ${what}`,
        next: 'Check the network and the server; one that is silent for long before it answers needs a longer `model.idleTimeout`.',
        failure: 'timeout',
        data,
      },
      passing: true,
      stalled: true,
    };
  }
}

function adviceFor(status: number, said: string): string {
  if (status === 400 && /thinking/i.test(said)) {
    return 'Set `model.thinking` to what the model takes: adaptive, off, or { budgetTokens } on older ones; or leave it away.';
  }
  if (status === 400 && /effort|output_config/i.test(said)) {
    return 'Set another `model.effort`, or leave it away where the model takes none.';
  }
  if (status === 403) return 'Check that your account may use this model.';
  if (status === 404) return 'Check the name of the model and the base URL.';
  if (status === 413) return 'Give the subtask less to read, or split it.';
  return 'Check the settings under `model`; the transcript of the subtask holds the conversation.';
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
