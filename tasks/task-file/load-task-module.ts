import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAbortError, messageOf } from '../errors/error-record.ts';
import { FanfoldError } from '../errors/fanfold-error.ts';
import type { LoadedTaskFile } from './parse-task-file.ts';
import { validateTaskFile } from './validate-task-file.ts';

export interface ModuleOptions {
  trustModules: boolean;
  signal: AbortSignal | undefined;
}

/**
 * A task file that is a module: its default export or its export `taskFile`, an object or a function (async or not)
 * that returns one. It is code with all rights of this process, so it runs only with `trustModules`.
 */
export async function loadTaskModule(path: string, { trustModules, signal }: ModuleOptions): Promise<LoadedTaskFile> {
  if (!trustModules) {
    throw new FanfoldError({
      code: 'task-file-untrusted',
      message: `The task file ${path} is a program, and was not run.`,
      next: 'Read it, then run it with --trust, or write the task file as YAML or JSON.',
    });
  }
  if (/\.[mc]?ts$/i.test(path) && !canImportTypeScript()) {
    throw invalidModule(
      path,
      `is TypeScript, which Node ${process.version} can't load`,
      'Use Node 22.18 or newer, or compile it to .mjs, or write the task file as .mjs, YAML or JSON.',
    );
  }
  const value = await untilAborted(evaluate(path), signal);
  return { taskFile: validateTaskFile(value, { path }), source: { path } };
}

async function evaluate(path: string): Promise<unknown> {
  try {
    const namespace: Record<string, unknown> = await import(pathToFileURL(resolve(path)).href);
    const exported = namespace['default'] ?? namespace['taskFile'];
    if (exported !== undefined) return typeof exported === 'function' ? await exported() : exported;
  } catch (error) {
    if (isAbortError(error)) throw error;
    throw invalidModule(
      path,
      `failed when it ran: ${messageOf(error)}`,
      'Correct the program; node FILE shows the whole error.',
      error,
    );
  }
  throw invalidModule(
    path,
    'exports neither a default nor a taskFile',
    'Export the task file: `export default { version: 1, … }`, or a function that returns it.',
  );
}

/** Whether this Node runs .ts files. */
export function canImportTypeScript(): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript);
}

function invalidModule(path: string, what: string, next: string, cause?: unknown): FanfoldError {
  return new FanfoldError({ code: 'task-file-invalid', message: `The task file ${path} ${what}.`, next, cause });
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const stop = new AbortController();
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: stop.signal });
      }),
    ]);
  } finally {
    stop.abort();
  }
}
