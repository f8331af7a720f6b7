import { startThreadPool, type ThreadPool } from '../workers/thread-pool.ts';

/**
 * Threads for `fanfold run` and `resume` start before the command line is parsed or the plan is made: they need nothing of either,
 * and their start costs as much as all else. A guess: when it turns out wrong, the pool is ended unused.
 */
export function threadsAhead(args: readonly string[], workerEntry: URL): ThreadPool | undefined {
  // --base-url becomes part of the environment, which threads copy when they start.
  const runs =
    ['run', 'resume'].includes(args[0] ?? '') &&
    !args.some((arg) => /^(--dry-run|--help|-h|--base-?url(=.*)?|--baseUrl(=.*)?)$/.test(arg));
  if (!runs) return undefined;
  const position = args.findIndex((arg) => arg === '--threads' || arg.startsWith('--threads='));
  const given = args[position]?.split('=')[1] ?? args[position + 1];
  const threads = position < 0 ? Number.NaN : Number(given);
  return startThreadPool(
    workerEntry,
    Number.isInteger(threads) && threads >= 1 && threads <= 1000 ? threads : undefined,
  );
}
