/**
 * What becomes of each subtask when a run is taken up again. Pure; called by reopen-run.ts. Promise: what had ended is
 * not done again, and what nobody can have finished is handed out.
 */
import type { Outcome } from '../../ipc/index.ts';
import type { AttemptEnd, Plan, ResumePoint, Subtask, SubtaskPoint } from '../../tasks/index.ts';
import { messageId } from '../dispatch/message-id.ts';
import { continuationOf, isSatisfying, type Past } from '../dispatch/past.ts';

/**
 * Subtasks that ended without their work being done and are tried again: those that were cancelled, with `failed` also
 * those that failed or conflicted, and what could not start because of one of them. In the order of the plan.
 */
export function reopenedSubtasks(plan: Plan, point: ResumePoint, { failed }: { failed: boolean }): string[] {
  const reopened = new Set<string>();
  for (const { id, needs } of plan.subtasks) {
    const final = point.subtasks.get(id)?.final;
    if (final === undefined || isSatisfying(final.status)) continue;
    const waited = final.error?.code === 'dependency-failed';
    const mayStart = needs.some((need) => reopened.has(need) || point.subtasks.get(need)?.final === undefined);
    if (final.status === 'cancelled' || (waited ? mayStart : failed)) reopened.add(id);
  }
  return [...reopened];
}

export interface KnownBesides {
  /** Subtasks whose work is in the branch already: the merge commit. */
  landed: ReadonlyMap<string, string>;
  /** Ids of all messages that were published to the workers. */
  published: ReadonlySet<string>;
}

/** By subtask; those that were never handed out are not in it. Reopened ones must be reopened in `point` already. */
export function pastOf(plan: Plan, point: ResumePoint, known: KnownBesides): Map<string, Past> {
  const past = new Map<string, Past>();
  for (const subtask of plan.subtasks) {
    const found = pastOfSubtask(subtask, point.subtasks.get(subtask.id), known, point.start?.run ?? '');
    if (found !== undefined) past.set(subtask.id, found);
  }
  return past;
}

function pastOfSubtask(
  subtask: Subtask,
  known: SubtaskPoint | undefined,
  { landed, published }: KnownBesides,
  run: string,
): Past | undefined {
  const { id } = subtask;
  const point: SubtaskPoint = known ?? { attempts: 0, forgiven: 0, checks: [] };
  if (point.final !== undefined) return { kind: 'settled', satisfied: isSatisfying(point.final.status) };
  // The journal may have lost the last moments before a crash; a message that was published is there.
  const attempts = point.attempts + (published.has(messageId(id, point.attempts + 1)) ? 1 : 0);
  const commit = landed.get(id);
  const { ended, forgiven } = point;
  const handedOut = { attempts, forgiven, ...(point.repair === undefined ? {} : { repair: point.repair }) };
  if (commit !== undefined) {
    const outcome = ended === undefined ? {} : { outcome: outcomeOf(ended, point, run) };
    const reused = ended?.reusedFrom === undefined ? {} : { reusedFrom: ended.reusedFrom };
    return { kind: 'landed', commit, ...outcome, ...reused, ...handedOut };
  }
  if (attempts === 0) return undefined;
  const given = point.continues === undefined ? {} : { continues: point.continues };
  if (ended?.attempt !== attempts) return { kind: 'out', ...handedOut, ...given };
  const isShort = ended.error?.code === 'budget-exhausted';
  if (point.redo && !isShort) return { kind: 'again', ...handedOut };
  if (ended.retry || ended.result === 'cancelled' || point.redo) {
    const continues = continuationOf(subtask, ended, point.continues);
    return { kind: 'again', ...handedOut, ...(continues === undefined ? {} : { continues }) };
  }
  return { kind: 'ended', outcome: outcomeOf(ended, point, run), ...handedOut, ...given };
}

function outcomeOf(ended: AttemptEnd, { checks }: SubtaskPoint, run: string): Outcome {
  const { subtask, attempt, worker, result, commit, base, changedFiles, output, summary, error } = ended;
  const { usage, denials, durationMs, repairs, candidates, candidate } = ended;
  return {
    run,
    subtask,
    attempt,
    worker,
    result,
    ...(commit === undefined ? {} : { commit }),
    ...(base === undefined ? {} : { base }),
    ...(changedFiles === undefined ? {} : { changedFiles }),
    checks,
    ...(output === undefined ? {} : { output }),
    ...(summary === undefined ? {} : { summary }),
    ...(error === undefined ? {} : { error }),
    usage,
    denials,
    durationMs,
    ...(repairs === undefined ? {} : { repairs }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(candidate === undefined ? {} : { candidate }),
  };
}
