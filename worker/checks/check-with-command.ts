import { join } from 'node:path';
import { commandEnvironment } from '../../ipc/index.ts';
import { type Check, type CheckResult, type CommandCheck, FanfoldError } from '../../tasks/index.ts';
import { type CommandResult, runCommand } from '../processes/run-command.ts';
import { fileName } from './check-files.ts';
import type { ChecksOptions } from './run-checks.ts';
import { isScore } from './verdict.ts';

const tailLength = 4_000;

/**
 * A check that is a command: exit code 0 passes; where the task file asks for a score, what it prints counts too. Throws
 * FanfoldError where it could not be started.
 */
export async function checkWithCommand(
  check: CommandCheck,
  folder: string,
  { environment, logFolder, signal }: Pick<ChecksOptions, 'environment' | 'logFolder' | 'signal'>,
): Promise<CheckResult> {
  const { name, gate, minimum } = check;
  const ended = await runCommand({
    command: check.run,
    folder,
    environment: commandEnvironment(process.env, environment),
    signal,
    timeoutMs: check.timeoutMs,
    keep: { head: 0, tail: tailLength - 300 },
    logFile: join(logFolder, `check-${fileName(name)}.log`),
  });
  refuseUnstarted(check, ended);
  const printed = check.score === true || minimum !== undefined ? printedScore(ended.output) : {};
  const { score, problem } = ended.ended === 'by-itself' ? printed : {};
  const isEnough = problem === undefined && (minimum === undefined || (score ?? 0) >= minimum);
  return {
    name,
    passed: ended.exitCode === 0 && ended.ended === 'by-itself' && isEnough,
    gate,
    durationMs: ended.durationMs,
    // One that ends for a signal can still choose a code.
    exitCode: ended.ended === 'by-itself' ? ended.exitCode : null,
    outputTail:
      ended.output.trimEnd() + explainEnd(ended, check.timeoutMs) + (problem === undefined ? '' : `\n${problem}`),
    ...(score === undefined ? {} : { score }),
    ...(minimum === undefined ? {} : { minimum }),
  };
}

/** Why a process did not end by itself, as a line to put after its output. */
export function explainEnd({ ended }: CommandResult, timeoutMs: number): string {
  if (ended === 'timeout') return `\nThe check did not end within ${timeoutMs / 1000} s.`;
  return ended === 'aborted' ? '\nThe check was cancelled.' : '';
}

/** That nothing ran says nothing of the work. */
export function refuseUnstarted({ name }: Pick<Check, 'name'>, { ended, startError }: CommandResult): void {
  if (ended !== 'not-started') return;
  throw new FanfoldError({
    code: 'command-failed',
    message: `The check ${name} could not be started: ${startError ?? 'no reason given'}.`,
    next: 'Look at the processes and the memory of the machine, and at how long its command and variables are, then go on with `fanfold resume`.',
    failure: 'transient',
  });
}

/** The last line of the form `score: 0.83`. */
function printedScore(output: string): { score?: number; problem?: string } {
  const [, written] = [...output.matchAll(/^[ \t]*score:[ \t]*(\S+)[ \t]*$/gim)].at(-1) ?? [];
  if (written === undefined)
    return { problem: 'It printed no score: the task file wants a last line such as score: 0.83' };
  const score = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(written) ? Number(written) : undefined;
  if (isScore(score)) return { score };
  return { problem: `It printed the score ${written.slice(0, 40)}; allowed a number from 0 to 1.` };
}
