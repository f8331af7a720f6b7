import { type ErrorRecord, FanfoldError, messageOf, toErrorRecord } from '../../tasks/index.ts';
import { exitCodes } from './exit-code.ts';
import type { RunOptions } from './run-options.ts';

/** Why a run came to its end. Only `settled` means that every subtask has its final state. */
export type Ending =
  | { kind: 'settled'; gateFailed: boolean }
  /** Asked once to end, or not to go on: what was at hand was finished. */
  | { kind: 'drained'; exitCode: number; error?: ErrorRecord }
  /** Ended at once: asked twice, cancelled, out of budget, or beyond help. */
  | { kind: 'stopped'; exitCode: number; status: 'interrupted' | 'cancelled' | 'failed'; error: ErrorRecord };

export interface Endings {
  /** The first reason to end before everything is settled. */
  first: Promise<Ending>;
  /** The first reason to end at once. */
  hard: Promise<Ending & { kind: 'stopped' }>;
  stopNow(error: unknown, how?: { exitCode: number; status: 'interrupted' | 'cancelled' | 'failed' }): void;
  /** Hand out nothing more, finish what is at hand, and end with this exit code. */
  finish(exitCode: number, error?: ErrorRecord): void;
  /** stopNow, and what `hard` then resolves with. */
  stopFor(error: unknown): Promise<Ending>;
  release(): void;
}

/** Collects what can end a run from outside: the caller's two signals and the loss of the coordinator's lock. */
export function watchEndings({ drain, stop }: RunOptions, lockLost: AbortSignal): Endings {
  let markFirst: (ending: Ending) => void = () => {};
  let markHard: (ending: Ending & { kind: 'stopped' }) => void = () => {};
  const first = new Promise<Ending>((resolve) => {
    markFirst = resolve;
  });
  const hard = new Promise<Ending & { kind: 'stopped' }>((resolve) => {
    markHard = resolve;
  });
  const stopNow: Endings['stopNow'] = (error, how = { exitCode: exitCodes.infrastructure, status: 'failed' }) => {
    const ending = { kind: 'stopped', ...how, error: toErrorRecord(error) } as const;
    markHard(ending);
    markFirst(ending);
  };
  const released = new AbortController();
  const on = (signal: AbortSignal | undefined, act: () => void): void => {
    if (signal?.aborted) act();
    else signal?.addEventListener('abort', act, { once: true, signal: released.signal });
  };
  on(drain, () => markFirst({ kind: 'drained', exitCode: exitCodeOfSignal(drain) }));
  on(stop, () => stopNow(interrupted(), { exitCode: exitCodeOfSignal(stop), status: 'interrupted' }));
  on(lockLost, () => stopNow(takenOver(lockLost.reason)));
  const stopFor: Endings['stopFor'] = (error) => {
    stopNow(error);
    return hard;
  };
  const finish: Endings['finish'] = (exitCode, error) =>
    markFirst({ kind: 'drained', exitCode, ...(error === undefined ? {} : { error }) });
  return { first, hard, stopNow, finish, stopFor, release: () => released.abort() };
}

/** A signal handler aborts with `{ exitCode }`; anything else counts as Ctrl-C. */
function exitCodeOfSignal(signal: AbortSignal | undefined): number {
  const reason: unknown = signal?.reason;
  const given = typeof reason === 'object' && reason !== null && 'exitCode' in reason ? reason.exitCode : undefined;
  return typeof given === 'number' ? given : exitCodes.interrupted;
}

function interrupted(): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: 'The run was interrupted.',
    next: 'What landed is in the branch; go on with `fanfold resume`.',
    failure: 'cancelled',
  });
}

function takenOver(cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `The lock on this run was lost: ${messageOf(cause)}`,
    next: 'Check whether another coordinator works on it, and that the disk and the clock of this machine are sound.',
    cause,
  });
}

/** The error that a run ends with when somebody cancelled it by mail. */
export function cancelled(reason: string): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: `The run was cancelled: ${reason}.`,
    next: 'What landed is in the branch; go on with `fanfold resume`.',
    failure: 'cancelled',
  });
}
