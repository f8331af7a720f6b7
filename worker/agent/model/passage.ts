/**
 * The waits of one turn: for the governor before each try, and between tries. Called by anthropic-model.ts. Promise:
 * each wait of a second or more is told once, ends with the signal, and when time runs out in it, the error says so.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorRecord, oneLine, toErrorRecord } from '../../../tasks/index.ts';
import type { Governor, Permit } from './governor/governor.ts';
import type { StreamOptions } from './model.ts';
import type { Refusal } from './model-failure.ts';
import type { Tries } from './tries.ts';

export interface PassageOptions {
  governor: Governor;
  lane: string;
  /** Of the model. */
  name: string;
  tries: Tries;
  streamOptions: Pick<StreamOptions, 'signal' | 'onActivity'>;
}

export interface Passage {
  enter(): Promise<{ permit: Permit } | { error: ErrorRecord }>;
  /** Why it ended before its time; `why` is what the server had refused the try before for. */
  pause(ms: number, why: Refusal['why'] | undefined): Promise<ErrorRecord | undefined>;
}

const shortestTold = 1_000;

export function createPassage({ governor, lane, name, tries, streamOptions }: PassageOptions): Passage {
  const { signal, onActivity } = streamOptions;
  const order = performance.timeOrigin + performance.now();
  let isTold = false;

  const tell = (ms: number, what: string): void => {
    if (isTold || ms < shortestTold) return;
    isTold = true;
    onActivity?.(`waits for ${what} (${Math.round(ms / 1000)} s)`);
  };
  const timed = async <Result>(wait: Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    try {
      return await wait;
    } finally {
      tries.waited(performance.now() - startedAt);
    }
  };
  const ended = (): ErrorRecord => overdue(toErrorRecord(signal.reason), name, tries.waitedMs);

  async function enterPatiently(): Promise<Permit | undefined> {
    const { patienceMs } = tries;
    const impatience = new AbortController();
    const timer = setTimeout(() => impatience.abort(), patienceMs);
    const onWait = (ms: number): void => {
      if (ms > patienceMs) impatience.abort();
      else tell(ms, 'the rate limit');
    };
    try {
      const either = AbortSignal.any([signal, impatience.signal]);
      return await timed(Promise.resolve(governor.enter(lane, { order, signal: either, onWait })));
    } catch (error) {
      if (signal.aborted || !impatience.signal.aborted) throw error;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async enter() {
      try {
        if (tries.patienceMs !== Number.POSITIVE_INFINITY) {
          const permit = await enterPatiently();
          return permit === undefined ? { error: noRoom(name) } : { permit };
        }
        const onWait = (ms: number): void => tell(ms, 'the rate limit');
        const entered = governor.enter(lane, { order, signal, onWait });
        return { permit: entered instanceof Promise ? await timed(entered) : entered };
      } catch (error) {
        if (!signal.aborted) throw error;
        return { error: ended() };
      } finally {
        isTold = false;
      }
    },
    async pause(ms, why) {
      tell(
        ms,
        why === 'overload'
          ? `${oneLine(name, 100)}, which is overloaded`
          : why === 'limit'
            ? 'the rate limit'
            : `another try of ${oneLine(name, 100)}`,
      );
      try {
        await timed(sleep(ms, undefined, { signal }));
        return undefined;
      } catch {
        return why === undefined ? toErrorRecord(signal.reason) : ended();
      }
    },
  };
}

function overdue(error: ErrorRecord, name: string, waitedMs: number): ErrorRecord {
  if (error.failure !== 'timeout') return error;
  const seconds = Math.round(waitedMs / 1000);
  return {
    ...error,
    message: `${error.message} For ${seconds} s of that it waited for ${name}, whose limit was reached or which was overloaded.`,
    next: 'Use fewer agents at once (`--concurrency`), give it more time with `timeout`, or name other models in `model.fallback`.',
  };
}

function noRoom(name: string): ErrorRecord {
  return {
    code: 'model-overloaded',
    message: `The rate limit of ${name} leaves no room for too long.`,
    next: 'Wait and run again, or use fewer agents at once (`--concurrency`).',
    failure: 'transient',
  };
}
