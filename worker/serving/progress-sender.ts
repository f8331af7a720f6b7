/**
 * Sends progress to the coordinator in batches: a message over a port wakes another thread, which costs more than all
 * else about an event. Called by serve.ts. Promise: order is kept, nothing waits longer than `delayMs`; what waits when
 * the thread dies is lost, as progress may be.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FromWorker } from '../../ipc/index.ts';
import type { ProgressInput } from '../../tasks/index.ts';

export interface ProgressSender {
  report(event: ProgressInput): void;
  /** Send what waits. Called before anything that must not overtake it. */
  flush(): void;
}

/** Short for a person who watches, long enough to gather what many agents report. */
const delayMs = 25;

export function createProgressSender(port: MessagePort): ProgressSender {
  let waiting: ProgressInput[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    port.postMessage({ type: 'progress', events: waiting } satisfies FromWorker);
    waiting = [];
  };
  return {
    report(event) {
      waiting.push(event);
      timer ??= setTimeout(flush, delayMs);
    },
    flush,
  };
}
