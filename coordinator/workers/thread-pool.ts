import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** Threads that have loaded the worker and wait for a run. `destroy` ends them. */
export type ThreadPool = Pick<Piscina, 'run' | 'destroy' | 'threads'> & { readonly maxThreads: number };

/**
 * The first thread starts at once, before it is known what to run: its start then costs no time of its own. More come
 * when there is work for them. `threads` is the most there may be; else one for each processor, at most 8.
 */
export function startThreadPool(entry: URL, threads = Math.min(availableParallelism(), 8)): ThreadPool {
  return new Piscina({
    filename: entry.href,
    minThreads: 1,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Long-lived tasks wait for mail on the event loop; blocking between tasks would only delay the first.
    atomics: 'disabled',
  });
}

const forgetEveryMs = 50;

/** `abort` aborts tasks of the pool, whose threads are ended for that. */
export function endByForce(pool: ThreadPool, abort: () => void): void {
  const ended = new Set(pool.threads);
  abort();
  for (const thread of pool.threads) ended.delete(thread);
  for (const thread of ended) abandon(thread);
}

/**
 * A thread inside native code, such as the matching of a codemod rule, ends no sooner than that does. Node would wait
 * for it when the process ends, for ever perhaps: then the process is ended by SIGKILL, after all else is done.
 */
function abandon(thread: Worker): void {
  const endProcess = (): void => void process.kill(process.pid, 'SIGKILL');
  process.once('exit', endProcess);
  // The pool refers to a thread once more when it closes the port to it.
  const forget = setInterval(() => thread.unref(), forgetEveryMs);
  forget.unref();
  thread.once('exit', () => {
    process.off('exit', endProcess);
    clearInterval(forget);
  });
}
