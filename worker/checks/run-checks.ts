/**
 * Evaluation functions over a piece of work. Called by run-subtask.ts for a workspace and by run-gate.ts for a merged
 * tree. Promise: a result says what the work is worth. What kept a check from judging (an overloaded model, a limit of
 * time or money, a process that did not start) is thrown as it is, so that it is tried again and never held against the
 * work; where the check does not decide, it is told instead.
 */
import { type Check, type CheckResult, FanfoldError, type ProgressInput, type Usage } from '../../tasks/index.ts';
import type { ModelSource } from '../agent/model/model-source.ts';
import type { ModelUse } from '../agent/model/recording/model-use.ts';
import type { CheckSubject } from './check-subject.ts';
import { checkWithCommand } from './check-with-command.ts';

export interface ChecksOptions {
  checks: readonly Check[];
  /** FANFOLD_* variables of the subtask or run. */
  environment: Readonly<Record<string, string>>;
  /** Each check's whole output goes to `check-<name>.log` here, what a judge did to `judge-<name>.jsonl`. */
  logFolder: string;
  /** What is judged. */
  subject: CheckSubject;
  /** Whose models judge, and for whom. */
  models: ModelSource;
  use: Omit<ModelUse, 'root'>;
  signal: AbortSignal;
  /** Called with what each judge has used, also where it fails. */
  spend: (usage: Usage) => void;
  /** What judges do, for who looks on. */
  report?: (event: Extract<ProgressInput, { type: 'subtask-progress' | 'model-end' }>) => void;
  /** Of who looks on. */
  worker?: string;
}

/** Run checks one after another in a folder, all of them, so that a report names every one that fails. */
export async function runChecks(folder: string, options: ChecksOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of options.checks) {
    if (options.signal.aborted) break;
    results.push(await runCheck(check, folder, options));
  }
  return results;
}

async function runCheck(check: Check, folder: string, options: ChecksOptions): Promise<CheckResult> {
  const startedAt = performance.now();
  try {
    return await judge(check, folder, options);
  } catch (error) {
    options.signal.throwIfAborted();
    const { name, gate, minimum } = check;
    // Out of money is out of money, whatever the check decides.
    if (gate || !(error instanceof FanfoldError) || error.code === 'budget-exhausted') throw error;
    const durationMs = Math.round(performance.now() - startedAt);
    const about = { name, passed: false, gate, durationMs, exitCode: null, outputTail: error.message };
    return { ...about, ...(minimum === undefined ? {} : { minimum }) };
  }
}

async function judge(check: Check, folder: string, options: ChecksOptions): Promise<CheckResult> {
  if ('run' in check) return checkWithCommand(check, folder, options);
  if ('module' in check) return (await import('./check-with-module.ts')).checkWithModule(check, folder, options);
  return (await import('./check-with-judge.ts')).checkWithJudge(check, folder, options);
}
