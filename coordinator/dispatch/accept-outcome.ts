/**
 * From a worker's word to a verdict: checks are compared with the base, commits go through the merge queue, copies are
 * applied, work that can't land is kept on a branch. Called by dispatch.ts for every attempt that is not retried.
 */
import { applyFolderChanges, attemptFolder, type Outcome, type Repository } from '../../ipc/index.ts';
import type { CheckResult, ErrorRecord, Subtask, SubtaskStatus } from '../../tasks/index.ts';
import type { Gates } from '../merging/gates.ts';
import { blocks, type MergeQueue } from '../merging/merge-queue.ts';
import { forgetKept, keep } from './kept-work.ts';

export interface Verdict {
  status: SubtaskStatus;
  commit?: string;
  /** Branch that keeps the work of a subtask that did not land. */
  branch?: string;
  error?: ErrorRecord;
  /** The run that did the work, where it was not this one. */
  reusedFrom?: string;
  /** Gates that fail with its work merged, which its agent is to mend: it is not the end of the subtask. */
  goesBack?: CheckResult[];
}

export interface AcceptanceContext {
  run: string;
  /** An earlier coordinator has worked on the run. */
  resumed: boolean;
  /** The commit that an attempt went on from, and whose work it so contains. */
  wentOnFrom: (subtask: string) => string | undefined;
  runFolder: string;
  /** The folder worked on, for copies. */
  folder: string;
  repository: Repository | undefined;
  gates: Gates;
  mergeQueue: MergeQueue | undefined;
  /** Called for each check that fails and is not held against the work. */
  onExcused?: (outcome: Outcome, check: CheckResult) => void;
  /** Whether work that fails a gate goes back to its agent: now, or once somebody resumes the run. Default: it does not. */
  goesBack?: (outcome: Outcome) => 'now' | 'later' | 'no';
  /** The work is of an earlier run: where it conflicts it is done anew, and need not be kept. */
  reused?: true;
}

export async function acceptOutcome(outcome: Outcome, subtask: Subtask, context: AcceptanceContext): Promise<Verdict> {
  if (outcome.error !== undefined) {
    const status = outcome.result === 'cancelled' ? 'cancelled' : 'failed';
    return { status, error: outcome.error, ...(await keep(outcome, context)) };
  }
  const { environment } = subtask;
  const checks = await context.gates.compareWithBase(subtask.checks, outcome.checks, {
    environment,
    base: outcome.base,
  });
  for (const check of checks) if (check.failedOnBase === true) context.onExcused?.(outcome, check);
  const failures = checks.filter(blocks);
  if (failures.length > 0) {
    return { status: 'failed', error: checkError(subtask.id, failures), ...(await keep(outcome, context)) };
  }
  if (outcome.result === 'unchanged') return { status: 'unchanged' };
  if (outcome.result === 'done') return { status: 'landed' };
  return subtask.workspace === 'copy' ? applyCopy(outcome, context) : merge(outcome, subtask, context);
}

async function merge(outcome: Outcome, subtask: Subtask, context: AcceptanceContext): Promise<Verdict> {
  const { commit } = outcome;
  if (commit === undefined || context.mergeQueue === undefined) {
    return { status: 'failed', error: protocolError(subtask.id) };
  }
  const message = `Merge ${subtask.id}\n\nFanfold-Run: ${context.run}\nFanfold-Subtask: ${subtask.id}\n`;
  const verdict = await context.mergeQueue.submit({ subtask: subtask.id, commit, message });
  if (verdict.status === 'landed') {
    // Only a run that was resumed can have kept something of a subtask that lands.
    if (context.resumed) await forgetKept(outcome, context);
    return { status: 'landed', commit: verdict.commit };
  }
  const goesBack = verdict.status === 'failed' && verdict.failures !== undefined ? context.goesBack?.(outcome) : 'no';
  if (goesBack === 'now' && verdict.status === 'failed') {
    return { status: 'failed', error: verdict.error, goesBack: verdict.failures ?? [] };
  }
  const kept = verdict.status === 'conflicted' && context.reused === true ? {} : await keep(outcome, context);
  if (verdict.status === 'failed') {
    // Its work is good until a gate says otherwise: what only kept it from landing is for whoever resumes the run.
    const status = verdict.error.code === 'gate-failed' && goesBack !== 'later' ? 'failed' : 'cancelled';
    return { status, error: verdict.error, ...kept };
  }
  return { status: 'conflicted', error: conflictError(subtask.id, verdict.files), ...kept };
}

async function applyCopy(outcome: Outcome, context: AcceptanceContext): Promise<Verdict> {
  const attempt = attemptFolder(context.runFolder, outcome.subtask, outcome.attempt);
  const { conflictedFiles } = await applyFolderChanges(attempt, context.folder);
  if (conflictedFiles.length === 0) return { status: 'landed' };
  const error = conflictError(outcome.subtask, conflictedFiles);
  return { status: 'conflicted', error: { ...error, next: `Its files are kept in ${attempt}/changes/files.` } };
}

function checkError(id: string, failures: Outcome['checks']): ErrorRecord {
  return {
    code: 'check-failed',
    message: `The check ${failures.map(({ name }) => name).join(', ')} fails in the workspace of ${id}.`,
    next: 'Look at the output of the check and at the work, mend the subtask or the check, and run again.',
    failure: 'permanent',
    data: { checks: failures },
  };
}

function conflictError(id: string, files: readonly string[]): ErrorRecord {
  return {
    code: 'merge-conflict',
    message: `The work of ${id} conflicts with work that landed before it in ${files.slice(0, 5).join(', ')}${files.length > 5 ? ` and ${files.length - 5} more` : ''}.`,
    next: 'Merge its branch by hand, or declare overlapping `writes` (or `needs`) so that such subtasks run one after another.',
    failure: 'permanent',
    data: { files: files.slice(0, 100) },
  };
}

function protocolError(id: string): ErrorRecord {
  return {
    code: 'internal',
    message: `The worker says that ${id} changed something, but names no commit.`,
    next: 'This is a defect in Fanfold: report it with the journal of the run.',
    failure: 'permanent',
  };
}
