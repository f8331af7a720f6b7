/** The `run` executor: one command in the workspace. Called by execute.ts; the time limit comes by `signal`. */
import { join } from 'node:path';
import { commandEnvironment } from '../../ipc/index.ts';
import { type ErrorRecord, messageOf, noUsage, oneLine, toErrorRecord } from '../../tasks/index.ts';
import { compileOutputSchema, type OutputValidator } from '../agent/output/output-schema.ts';
import { type CommandResult, runCommand } from '../processes/run-command.ts';
import type { ExecutionContext, ExecutionResult } from './executor.ts';

const longestOutputBytes = 10_000_000;
const tailLength = 4_000;
/** EX_TEMPFAIL of sysexits.h: the command itself says that trying again may help. */
const temporaryFailure = 75;

export async function executeRun({
  assignment,
  root,
  signal,
  report,
  logFolder,
  worker,
}: ExecutionContext): Promise<ExecutionResult> {
  const { subtask, attempt } = assignment;
  if (subtask.executor.kind !== 'run') throw new TypeError(`${subtask.id} has no command`);
  const { command } = subtask.executor;
  const schema = subtask.output === undefined ? undefined : compileOutputSchema(subtask.output.schema);
  if (schema?.ok === false) return failure(schema.error);
  report({ type: 'subtask-progress', subtask: subtask.id, attempt, worker, activity: oneLine(command, 200) });
  try {
    const result = await runCommand({
      command,
      folder: root,
      environment: commandEnvironment(process.env, {
        ...subtask.environment,
        FANFOLD_SUBTASK: subtask.id,
        FANFOLD_ATTEMPT: String(attempt),
      }),
      signal,
      keep: { head: 2_000, tail: tailLength },
      logFile: join(logFolder, 'output.log'),
      ...(schema === undefined ? {} : { stdoutLimitBytes: longestOutputBytes }),
    });
    const summary = result.output.trim();
    const kept = summary === '' ? {} : { summary };
    if (signal.aborted) return { ...failure(toErrorRecord(signal.reason)), ...kept };
    const error = errorOf(result, command);
    if (error !== undefined) return { ...failure(error), ...kept };
    if (schema === undefined) return { status: 'done', usage: noUsage(), denials: 0, ...kept };
    const output = readOutput(result.stdout, schema.validator);
    if ('problem' in output) return { ...failure(outputInvalid(output.problem)), ...kept };
    return { status: 'done', usage: noUsage(), denials: 0, output: output.value, ...kept };
  } catch (error) {
    return failure(toErrorRecord(signal.aborted ? signal.reason : error));
  }
}

function errorOf({ ended, exitCode, output, startError }: CommandResult, command: string): ErrorRecord | undefined {
  if (ended === 'by-itself' && exitCode === 0) return undefined;
  const shown = oneLine(command, 200);
  const data = { command: command.slice(0, 2_000), exitCode, output: output.slice(-tailLength) };
  if (exitCode === 127 || ended === 'not-started') {
    return {
      code: 'command-not-found',
      message: `The command could not be found or started: ${shown}${startError === undefined ? '' : ` (${startError})`}.`,
      next: 'Install the program, or give its path; the output names it.',
      failure: 'permanent',
      data,
    };
  }
  const how = exitCode === null ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
  return {
    code: 'command-failed',
    message: `The command ${how}: ${shown}.`,
    next: 'Read its output with `fanfold logs`. (A command that ends with 75 is tried again.)',
    failure: exitCode === temporaryFailure ? 'transient' : 'permanent',
    data,
  };
}

function readOutput(stdout: string | undefined, validator: OutputValidator): { value: unknown } | { problem: string } {
  if (stdout === undefined) return { problem: `standard output is longer than ${longestOutputBytes} bytes` };
  try {
    const value: unknown = JSON.parse(stdout);
    const problem = validator.problemOf(value);
    return problem === undefined ? { value } : { problem };
  } catch (error) {
    return { problem: `standard output is not JSON: ${messageOf(error)}` };
  }
}

function outputInvalid(problem: string): ErrorRecord {
  return {
    code: 'output-invalid',
    message: `The output of the command is not valid: ${problem}`,
    next: 'Print one JSON document that fits `output.schema` on standard output, and everything else on standard error.',
    failure: 'permanent',
  };
}

function failure(error: ErrorRecord): ExecutionResult {
  return { status: error.failure === 'cancelled' ? 'cancelled' : 'failed', error, usage: noUsage(), denials: 0 };
}
