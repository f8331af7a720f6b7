/**
 * One attempt in a workspace of its own, stage by stage: open, execute, snapshot, judge. Called by run-subtask.ts, and by
 * run-candidates.ts for each of several. Promise: it never rejects, the record tells how it ended, and the workspace is
 * gone when it resolves.
 */
import { mkdirSync } from 'node:fs';
import { type Assignment, usageOfJudges, writeSalvage } from '../../ipc/index.ts';
import { type ErrorRecord, FanfoldError, noUsage, toErrorRecord } from '../../tasks/index.ts';
import { execute } from '../executors/execute.ts';
import type { WorkerServices } from '../serving/services.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type AttemptPlace, type AttemptRecord, isAgentWithWorkspace } from './attempt-record.ts';
import { beginAttempt } from './begin-attempt.ts';
import { faultOutOfTime } from './fault-out-of-time.ts';
import { judgeWork } from './judge-work.ts';
import { createRepairRounds } from './repair-rounds.ts';
import { salvageAttempt } from './salvage-attempt.ts';
import type { SubtaskControl } from './subtask-control.ts';

export async function runAttempt(
  place: AttemptPlace,
  services: WorkerServices,
  control: SubtaskControl,
  record: AttemptRecord,
): Promise<void> {
  const { signal } = control;
  let error: ErrorRecord | undefined;
  try {
    error = await perform(place, services, control, record);
  } catch (thrown) {
    error = toErrorRecord(signal.aborted ? signal.reason : thrown);
  }
  const known = error === undefined ? undefined : faultOutOfTime(place, record, signal);
  // Those that the limit ended tell nothing of the work.
  if (known !== undefined && record.fault?.merged !== true) record.checks = [...(record.fault?.checks ?? [])];
  record.ended = { error: known ?? error };
}

async function perform(
  place: AttemptPlace,
  services: WorkerServices,
  { signal, report, links }: SubtaskControl,
  record: AttemptRecord,
): Promise<ErrorRecord | undefined> {
  const { assignment, logFolder, candidate } = place;
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  // An earlier delivery, whose worker was lost, told nobody.
  services.spending?.earlier(await usageOfJudges(logFolder));
  const begun = await beginAttempt(place, services, { signal, report });
  await using workspace = begun.workspace;
  const { beginning } = begun;
  services.spending?.earlier(beginning?.history?.usage ?? beginning?.spent?.usage ?? noUsage());
  const goesOn = beginning?.history !== undefined;
  record.base = workspace.base ?? assignment.base;
  record.repairs = goesOn ? (beginning.history?.repairs ?? 0) : (assignment.repair?.round ?? 0);
  const snapshot = (): Promise<void> => takeSnapshot(place, workspace, services, { record, signal });
  const rounds = createRepairRounds({ place, workspace, services, record, snapshot, goesOn, signal, report });
  record.execution = await execute(
    {
      assignment,
      signal,
      report,
      logFolder,
      worker: services.worker,
      examine: rounds.examine,
      ...(candidate === undefined ? {} : { candidate }),
      ...(beginning === undefined ? {} : { beginning }),
      ...(links === undefined ? {} : { links }),
    },
    workspace,
    services,
  );
  const { status, error } = record.execution;
  const found = status === 'done' ? rounds.found() : undefined;
  if (found === undefined) await snapshot();
  if (keepsWork(assignment, signal)) await keepForLater(place, workspace, record);
  if (status !== 'done') return error ?? toErrorRecord(signal.reason);
  signal.throwIfAborted();
  if (found !== undefined && 'failure' in found) throw found.failure;
  const fault =
    found === undefined
      ? await judgeWork(place, workspace, services, { record, done: record.execution, signal, report })
      : found.fault;
  return fault?.error;
}

/** An agent's files are kept before its workspace goes, whatever happens: it may be asked to go on. */
async function takeSnapshot(
  { assignment, candidate }: AttemptPlace,
  workspace: Workspace,
  services: WorkerServices,
  { record, signal }: { record: AttemptRecord; signal: AbortSignal },
): Promise<void> {
  try {
    record.snapshot = await workspace.snapshot(commitMessage(assignment));
  } catch (error) {
    const { attempt } = assignment;
    if (keepsWork(assignment, signal))
      await salvageAttempt(assignment, services, { attempt, candidate }).catch(() => {});
    throw error;
  }
}

function keepsWork(assignment: Assignment, signal: AbortSignal): boolean {
  return isAgentWithWorkspace(assignment) && !hasLostLease(signal);
}

/** Then the attempt is another worker's by now. */
function hasLostLease({ reason }: AbortSignal): boolean {
  return reason instanceof FanfoldError && reason.code === 'worker-lost';
}

/** Should the outcome get lost, or ask for another attempt: where an agent's work is until then. */
async function keepForLater(
  { assignment, logFolder }: AttemptPlace,
  { base }: Workspace,
  { snapshot: { commit } }: AttemptRecord,
): Promise<void> {
  const files = { ...(base === undefined ? {} : { base }), ...(commit === undefined ? {} : { commit }) };
  await writeSalvage(logFolder, assignment.subtask.workspace === 'copy' ? { changes: 'recorded' } : files);
}

function commitMessage({ subtask, goal, run }: Assignment): string {
  const subject = (subtask.title ?? goal ?? subtask.executor.kind).split('\n')[0]?.slice(0, 100) ?? '';
  return `${subtask.id}: ${subject}\n\nFanfold-Run: ${run}\nFanfold-Subtask: ${subtask.id}\n`;
}
