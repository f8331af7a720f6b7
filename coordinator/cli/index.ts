/**
 * Fanfold as a library: the same plan and run as the command line's, without a terminal. Promise: nothing is printed,
 * the process's signals are left alone, and every failure is a FanfoldError with a code and a next step.
 */
import { dirname, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { loadTaskFile, type Plan, type TaskFile, validateTaskFile } from '../../tasks/index.ts';
import { orchestrate, type RunResult } from '../run/orchestrate.ts';
import type { RunOptions } from '../run/run-options.ts';
import { expand } from './load-plan.ts';
import { preflight } from './preflight.ts';
import { findWorkplace } from './workplace.ts';

export type {
  ErrorCode,
  ErrorRecord,
  FailureKind,
  FanfoldEvent,
  Plan,
  RunEnd,
  Subtask,
  TaskFile,
} from '../../tasks/index.ts';
export { FanfoldError } from '../../tasks/index.ts';
export type { RunResult } from '../run/orchestrate.ts';

export interface PlanSettings {
  /** The repository to work on, or a folder in it; the current working folder by default. */
  folder?: string;
  /** Let a task file that is a module run its code. */
  trustModules?: boolean;
  signal?: AbortSignal;
}

export interface RunSettings
  extends PlanSettings,
    Pick<RunOptions, 'concurrency' | 'threads' | 'onEvent' | 'drain' | 'stop'> {}

/** Validate and expand a task file, given by path or as an object. Starts nothing and writes nothing. */
export async function plan(taskFile: string | TaskFile, settings: PlanSettings = {}): Promise<Plan> {
  const { folder = process.cwd(), trustModules = false, signal = new AbortController().signal } = settings;
  const workplace = await findWorkplace(undefined, resolve(folder));
  if (typeof taskFile !== 'string') {
    return expand(validateTaskFile(taskFile), { taskFolder: workplace.folder, source: {}, workplace, signal });
  }
  const path = resolve(taskFile);
  const loaded = await loadTaskFile(path, { trustModules });
  return expand(loaded.taskFile, { taskFolder: dirname(path), source: loaded.source, workplace, signal });
}

/** Run a task file to its end. Resolves whatever became of it: look at `end.exitCode` and `end.subtasks`. */
export async function run(taskFile: string | TaskFile, settings: RunSettings = {}): Promise<RunResult> {
  const { folder = process.cwd(), concurrency, threads, onEvent, drain, stop } = settings;
  const made = await plan(taskFile, settings);
  const workplace = await findWorkplace(undefined, resolve(folder));
  await preflight(made, workplace.folder, process.env);
  return orchestrate({
    plan: made,
    folder: workplace.folder,
    repository: workplace.repository,
    // Relative to the bundle, where the worker's entry lies beside this one.
    workerEntry: new URL('./worker.js', import.meta.url),
    version: packageJson.version,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(threads === undefined ? {} : { threads }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(drain === undefined ? {} : { drain }),
    ...(stop === undefined ? {} : { stop }),
  });
}
