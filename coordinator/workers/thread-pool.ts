import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Executor } from '../../tasks/index.ts';

/** Threads that have loaded the worker and wait for a run. `destroy` ends them. */
export type ThreadPool = Pick<Piscina, 'run' | 'destroy' | 'threads'> & { readonly maxThreads: number };

/**
 * The first thread starts at once, before it is known what to run: its start then costs no time of its own. More come
 * when there is work for them. `threads` is the most there may be; else one for each processor, at most 8. `executors`
 * are kinds that threads load as soon as they have started.
 */
export function startThreadPool(
  entry: URL,
  threads = Math.min(availableParallelism(), 8),
  executors: readonly Executor['kind'][] = [],
): ThreadPool {
  return new Piscina({
    filename: entry.href,
    argv: [...executors],
    minThreads: 1,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Long-lived tasks wait for mail on the event loop; blocking between tasks would only delay the first.
    atomics: 'disabled',
  });
}
