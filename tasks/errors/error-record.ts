import { type ErrorRecord, FanfoldError } from './fanfold-error.ts';

/** Any thrown value as a record that survives JSON and thread boundaries. Unknown errors become `internal`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof FanfoldError) {
    const { code, message, next, failure, data, cause } = error;
    return {
      code,
      message,
      next,
      failure,
      ...(data === undefined ? {} : { data }),
      ...(cause === undefined ? {} : { cause: toCauseRecord(cause) }),
    };
  }
  if (isAbortError(error)) {
    return {
      code: 'cancelled',
      message: 'The work was cancelled.',
      next: 'Run the command again; `fanfold resume` goes on with a run that had started.',
      failure: 'cancelled',
    };
  }
  return {
    code: 'internal',
    message: messageOf(error),
    next: 'This is a defect in Fanfold: report it with the stack below.',
    failure: 'permanent',
    ...(error instanceof Error && error.stack !== undefined ? { data: { stack: error.stack } } : {}),
  };
}

/** The inverse of toErrorRecord, for code that prefers to throw. */
export function fromErrorRecord(record: ErrorRecord): FanfoldError {
  return new FanfoldError(record);
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for what AbortController and AbortSignal throw by default. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function toCauseRecord(cause: unknown): ErrorRecord | { message: string } {
  return cause instanceof FanfoldError ? toErrorRecord(cause) : { message: messageOf(cause) };
}
