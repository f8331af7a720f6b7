/**
 * Judges what an attempt has made, in its workspace: the rules of its subtask, then its checks. Called by run-attempt.ts
 * and, while the agent is still there to mend it, by repair-rounds.ts. Only the coordinator decides what lands.
 */
import { addUsage, type CheckResult } from '../../tasks/index.ts';
import { modelUse } from '../agent/model/recording/model-use.ts';
import { runChecks } from '../checks/run-checks.ts';
import { subtaskSubject } from '../checks/subtask-subject.ts';
import type { ExecutionResult } from '../executors/executor.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { AttemptPlace, AttemptRecord } from './attempt-record.ts';
import { foreignWrites, missingWork } from './refuse-work.ts';
import type { Fault } from './repair-message.ts';
import type { SubtaskControl } from './subtask-control.ts';

export interface JudgeWorkOptions extends Pick<SubtaskControl, 'signal' | 'report'> {
  /** Holds the snapshot to judge; checks and failed gates are noted there. */
  record: AttemptRecord;
  /** What the executor has come to, for judges. */
  done: Pick<ExecutionResult, 'output' | 'summary'>;
}

/** What keeps the work from being accepted; undefined where nothing does. Throws what the signal was aborted with. */
export async function judgeWork(
  place: AttemptPlace,
  workspace: Workspace,
  services: WorkerServices,
  { record, done, signal, report }: JudgeWorkOptions,
): Promise<Fault | undefined> {
  const { assignment, logFolder, candidate } = place;
  const { subtask } = assignment;
  const { changedFiles } = record.snapshot;
  Object.assign(record, { checks: [], failedGates: [] });
  const foreign = foreignWrites(assignment, changedFiles);
  if (foreign !== undefined) return { checks: [], error: foreign };
  record.checks = await runChecks(await workspace.forChecks(record.snapshot), {
    checks: subtask.checks.filter((check) => check.on.includes('workspace')),
    environment: subtask.environment,
    logFolder,
    subject: subtaskSubject({
      assignment,
      repository: services.repository,
      workspace,
      snapshot: record.snapshot,
      done,
    }),
    models: services.models,
    use: modelUse(assignment, '', candidate),
    signal,
    spend(usage) {
      record.judged = addUsage(record.judged, usage);
    },
    report,
    worker: services.worker,
  });
  signal.throwIfAborted();
  const missing = missingWork(assignment, changedFiles);
  if (missing !== undefined) return { checks: [], error: missing };
  const failed = await heldAgainst(place, record, services, signal);
  record.failedGates = failed.map(({ name }) => name);
  return failed.length === 0 ? undefined : { checks: failed };
}

/** Gates that fail, without those that the base excuses; where nobody asks, the base is left alone. */
async function heldAgainst(
  { assignment, logFolder }: AttemptPlace,
  { checks, base }: AttemptRecord,
  { baseChecks }: WorkerServices,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const { repairs = 0, candidates = 1, checks: defined, environment } = assignment.subtask;
  const failed = checks.filter(({ gate, passed }) => gate && !passed);
  if (base === undefined || (repairs === 0 && candidates === 1)) return failed;
  const held: CheckResult[] = [];
  for (const result of failed) {
    if (!(await baseChecks.excuse(defined, result, { base, environment, logFolder, signal }))) held.push(result);
  }
  return held;
}
