import { type Assignment, commandEnvironment, inputVariablesDigest, type Outcome } from '../../ipc/index.ts';
import type { ErrorRecord } from '../../tasks/index.ts';
import { type AttemptRecord, usageOf } from './attempt-record.ts';

/** Makes an Outcome of what an attempt has come to; `error` where it is given up before it has ended. */
export type MakeOutcome = (record: AttemptRecord, error?: ErrorRecord) => Outcome;

/** Called when the attempt begins, which is where its time and its variables are taken. */
export function createOutcome(assignment: Assignment, worker: string): MakeOutcome {
  const startedAt = performance.now();
  const { run, subtask, attempt } = assignment;
  const variables = inputVariablesDigest(subtask, commandEnvironment(process.env));
  return (record, givenUp) => {
    const { base = assignment.base, snapshot, checks, execution, repairs, ended } = record;
    const error = givenUp ?? ended?.error;
    const { commit, changedFiles } = snapshot;
    return {
      run,
      subtask: subtask.id,
      attempt,
      worker,
      result: resultOf(error, assignment, changedFiles),
      ...(commit === undefined ? {} : { commit }),
      ...(base === undefined ? {} : { base }),
      changedFiles: changedFiles.slice(0, 1000),
      checks,
      ...(execution?.output === undefined || error !== undefined ? {} : { output: execution.output }),
      ...(execution?.summary === undefined ? {} : { summary: execution.summary }),
      ...(error === undefined ? {} : { error }),
      ...(variables === undefined ? {} : { inputVariables: variables }),
      usage: usageOf(record),
      denials: execution?.denials ?? 0,
      durationMs: Math.round(performance.now() - startedAt),
      ...(repairs === 0 ? {} : { repairs }),
    };
  };
}

function resultOf(
  error: ErrorRecord | undefined,
  { subtask }: Assignment,
  changedFiles: readonly string[],
): Outcome['result'] {
  if (error !== undefined) return error.failure === 'cancelled' ? 'cancelled' : 'failed';
  if (subtask.workspace === 'none') return 'done';
  return changedFiles.length > 0 ? 'changed' : 'unchanged';
}
