import type { Subtask } from '../../tasks/index.ts';
import type { Reused } from '../results/result-cache.ts';
import { type AcceptanceContext, acceptOutcome, type Verdict } from './accept-outcome.ts';

/**
 * What becomes of the work of an earlier run here. Undefined where it can't be had after all, or conflicts with what
 * landed before it: then it is done anew.
 */
export async function acceptReused(
  { outcome, run, runFolder }: Reused,
  subtask: Subtask,
  context: AcceptanceContext,
): Promise<Verdict | undefined> {
  const verdict = await acceptOutcome(outcome, subtask, { ...context, runFolder, reused: true }).catch(() => undefined);
  if (verdict === undefined || verdict.status === 'conflicted') return undefined;
  const { status, error } = verdict;
  if (error === undefined) return { ...verdict, status: 'cached', reusedFrom: run };
  if (status === 'cancelled') return { ...verdict, reusedFrom: run };
  const next = `${error.next} Its work came from the run ${run}; with --force it is done anew.`;
  return { ...verdict, error: { ...error, next }, reusedFrom: run };
}
