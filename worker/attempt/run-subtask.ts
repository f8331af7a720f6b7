/**
 * One assignment: the attempt of one executor, or of several agents that try the same. Called by serve.ts. Never throws:
 * whatever happens becomes an Outcome, within a time limit that is for all of it together.
 */
import { type Assignment, attemptFolder, type Outcome } from '../../ipc/index.ts';
import { toErrorRecord } from '../../tasks/index.ts';
import { openSpending } from '../agent/model/budget/spending.ts';
import { accountFor } from '../serving/account-for.ts';
import type { WorkerServices } from '../serving/services.ts';
import { newAttemptRecord } from './attempt-record.ts';
import { createOutcome } from './create-outcome.ts';
import { faultOutOfTime } from './fault-out-of-time.ts';
import { runAttempt } from './run-attempt.ts';
import type { SubtaskControl } from './subtask-control.ts';
import { subtaskTimeLimit } from './subtask-time-limit.ts';
import { waitAtMost } from './wait-at-most.ts';

export async function runSubtask(
  assignment: Assignment,
  given: WorkerServices,
  control: SubtaskControl,
): Promise<Outcome> {
  const { subtask, attempt, runFolder, repair } = assignment;
  const limit = subtaskTimeLimit(subtask.id, subtask.timeoutMs);
  using spending = openSpending(assignment, given.models);
  const services: WorkerServices = { ...given, models: spending.models, spending };
  const stop = AbortSignal.any([control.signal, limit.signal, spending.signal]);
  const place = { assignment, logFolder: attemptFolder(runFolder, subtask.id, attempt) };
  const outcome = createOutcome(assignment, given.worker);
  try {
    // What is sent back is the work of one of them.
    if ((subtask.candidates ?? 1) > 1 && repair === undefined) {
      const { runCandidates } = await import('./run-candidates.ts');
      return accountFor(await runCandidates({ place, services, control, stop, outcome }), spending);
    }
    const record = newAttemptRecord();
    const work = runAttempt(place, services, { ...control, signal: stop }, record).then(() => outcome(record));
    const givenUp = () => outcome(record, faultOutOfTime(place, record, stop) ?? toErrorRecord(stop.reason));
    const ended = await waitAtMost(work, stop, givenUp, control.graceMs);
    return accountFor(ended, spending);
  } finally {
    limit.clear();
  }
}
