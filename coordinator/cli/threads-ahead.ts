import { readFileSync, statSync } from 'node:fs';
import type { Executor } from '../../tasks/index.ts';
import { mostThreads } from '../workers/most-threads.ts';
import { startThreadPool, type ThreadPool } from '../workers/thread-pool.ts';

/** Bytes of a file that is looked at for what it may need. */
const longestGlance = 100_000;

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
    Number.isInteger(threads) && threads >= 1 && threads <= mostThreads() ? threads : undefined,
    executorsAhead(args),
  );
}

/** Kinds of executors that a task file among the arguments seems to ask for; a goal in words asks for an agent. */
function executorsAhead(args: readonly string[]): Executor['kind'][] {
  const text = args
    .slice(1)
    .map(readTaskFile)
    .find((found) => found !== undefined);
  if (text === undefined) return ['prompt'];
  return (['prompt', 'run', 'codemod'] as const).filter((kind) => new RegExp(`\\b${kind}["']?:`).test(text));
}

function readTaskFile(path: string): string | undefined {
  if (!/\.(ya?ml|json)$/.test(path)) return undefined;
  try {
    const status = statSync(path);
    return status.isFile() && status.size < longestGlance ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
