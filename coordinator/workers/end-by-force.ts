import type { Worker } from 'node:worker_threads';
import { removeOwnFolders } from '../../ipc/index.ts';
import type { ThreadPool } from './thread-pool.ts';

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
  const endProcess = (): void => {
    removeOwnFolders();
    process.kill(process.pid, 'SIGKILL');
  };
  process.once('exit', endProcess);
  // The pool refers to a thread once more when it closes the port to it.
  const forget = setInterval(() => thread.unref(), forgetEveryMs);
  forget.unref();
  thread.once('exit', () => {
    process.off('exit', endProcess);
    clearInterval(forget);
  });
}
