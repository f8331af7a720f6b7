/**
 * Wakes those of the same process who wait for news of a request for a helper. Made once per thread by
 * serve-helpers.ts. What is rung in another process is not heard: whoever waits looks by itself every now and then.
 */
import { BroadcastChannel } from 'node:worker_threads';

export interface HelperBell extends Disposable {
  /** There is news of the request with this id. */
  ring(request: string): void;
  /** Resolves with the next news of it, after `ms`, or when the signal aborts. */
  wait(request: string, ms: number, signal: AbortSignal): Promise<void>;
}

export function createHelperBell(run: string): HelperBell {
  const channel = new BroadcastChannel(`fanfold-helpers-${run}`);
  const waiting = new Map<string, Set<() => void>>();
  const wake = (request: string): void => {
    for (const resolve of [...(waiting.get(request) ?? [])]) resolve();
  };
  channel.onmessage = (message: unknown) => {
    const { data } = message as { data: unknown };
    if (typeof data === 'string') wake(data);
  };
  channel.unref();
  return {
    ring(request) {
      wake(request);
      channel.postMessage(request);
    },
    wait(request, ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const own = waiting.get(request) ?? new Set();
        waiting.set(request, own);
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          own.delete(end);
          if (own.size === 0 && waiting.get(request) === own) waiting.delete(request);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end, { once: true });
        own.add(end);
      });
    },
    [Symbol.dispose]: () => channel.close(),
  };
}
