import { join } from 'node:path';
import { commandEnvironment } from '../../ipc/index.ts';
import type { Check, CheckResult } from '../../tasks/index.ts';
import { type CommandResult, runCommand } from '../processes/run-command.ts';

export interface ChecksOptions {
  checks: readonly Check[];
  /** FANFOLD_* variables of the subtask or run. */
  environment: Readonly<Record<string, string>>;
  /** Each check's whole output goes to `check-<name>.log` here. */
  logFolder: string;
  signal: AbortSignal;
}

const tailLength = 4_000;

/** Run checks one after another in a folder, all of them, so that a report names every one that fails. */
export async function runChecks(folder: string, options: ChecksOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of options.checks) {
    if (options.signal.aborted) break;
    const ended = await runCommand({
      command: check.run,
      folder,
      environment: commandEnvironment(process.env, options.environment),
      signal: options.signal,
      timeoutMs: check.timeoutMs,
      keep: { head: 0, tail: tailLength - 100 },
      logFile: join(options.logFolder, `check-${check.name.replace(/[^A-Za-z0-9-]/g, '_')}.log`),
    });
    results.push({
      name: check.name,
      passed: ended.exitCode === 0 && ended.ended === 'by-itself',
      gate: check.gate,
      durationMs: ended.durationMs,
      exitCode: ended.exitCode,
      outputTail: ended.output.trimEnd() + explain(ended, check),
    });
  }
  return results;
}

function explain({ ended, startError }: CommandResult, { timeoutMs }: Check): string {
  if (ended === 'timeout') return `\nThe check did not end within ${timeoutMs / 1000} s.`;
  if (ended === 'not-started') return `\nThe check could not be started: ${startError ?? 'no reason given'}.`;
  return ended === 'aborted' ? '\nThe check was cancelled.' : '';
}
