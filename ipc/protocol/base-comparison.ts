/**
 * Which failures of a check are excused because the base fails too. A worker asks before it sends work back to an agent,
 * the coordinator before it accepts work, each for itself. Promise: both come to the same, and what is not known for
 * certain excuses nothing.
 */
import type { Check, CheckResult, CommandCheck } from '../../tasks/index.ts';
import { runVariable } from '../processes/run-marks.ts';

/** Exit codes of a shell that found no such command, or none that it may run. */
const cannotRun: ReadonlySet<number> = new Set([126, 127]);

/** What the work that is judged was built on, and what its commands see. */
export interface BasePlace {
  /** The commit. */
  base: string;
  /** FANFOLD_* variables. */
  environment: Readonly<Record<string, string>>;
}

/**
 * The check that a result is of, where it is one that the base is asked about. Functions and judges judge what was
 * changed, and on the base nothing was. What a subtask asks of its own work fails there as long as the work is not done.
 */
export function comparedWithBase(checks: readonly Check[], { name }: CheckResult): CommandCheck | undefined {
  const [check, another] = checks.filter((other) => other.name === name);
  // A subtask may call one of its own like one of the file: then a result tells of either.
  if (check === undefined || another !== undefined) return undefined;
  return 'run' in check && check.own !== true ? check : undefined;
}

/** The same for all attempts whose answer is the same. */
export function baseCheckKey(check: CommandCheck, { base, environment }: BasePlace): string {
  const { FANFOLD_SUBTASK: _, [runVariable]: __, ...variables } = environment;
  return JSON.stringify([check, base, variables]);
}

/** False where the check was ended on the base, or never started: the next time it may come out otherwise. */
export function tellsOfBase(onBase: CheckResult): boolean {
  return onBase.passed || onBase.exitCode !== null;
}

/**
 * Whether a failure was there before the work: the base fails by an exit of its own, and has no better score. A shell that
 * can't run the command says nothing of the base: a check that is misspelt would excuse everything.
 */
export function isExcused(result: CheckResult, onBase: CheckResult): boolean {
  if (onBase.passed || onBase.exitCode === null || cannotRun.has(onBase.exitCode)) return false;
  return onBase.score === undefined || (result.score !== undefined && result.score >= onBase.score);
}
