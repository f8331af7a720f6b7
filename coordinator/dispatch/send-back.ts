/** Work that fails a gate once it is merged goes back to the agent that made it. Called by dispatch.ts. */
import { commitTree, mergeTrees, type Outcome, type Repository } from '../../ipc/index.ts';
import type { CheckResult, Repair, Subtask } from '../../tasks/index.ts';
import type { Continuation } from './past.ts';

/** Checks whose evidence travels; more would not be read. */
const mostChecks = 20;

/** The round that comes next, undefined where none is left; `before` is what gates have sent back already. */
export function nextRound(subtask: Subtask, outcome: Outcome, before: Repair | undefined): number | undefined {
  const round = Math.max(outcome.repairs ?? 0, before?.round ?? 0) + 1;
  return subtask.executor.kind === 'prompt' && round <= (subtask.repairs ?? 0) ? round : undefined;
}

export function repairOf(round: number, failures: readonly CheckResult[]): Repair {
  return { round, checks: failures.slice(0, mostChecks) };
}

export interface SentBack {
  repository: Repository;
  outcome: Outcome & { commit: string };
  /** Of the branch. */
  tip: string;
}

/**
 * Where its agent goes on: its conversation, and its files on the newest state of the branch; on the one that it began
 * from where they conflict with that.
 */
export async function continuationOnTip({ repository, outcome, tip }: SentBack): Promise<Continuation> {
  const { attempt, commit, base, candidate, run, subtask } = outcome;
  const which = candidate === undefined ? {} : { candidate };
  if (base === tip) return { attempt, commit, ...which };
  const merge = await mergeTrees(repository, { ours: tip, theirs: commit });
  if (!merge.merged) return { attempt, commit, ...which };
  const message = `Work of ${subtask} to be mended\n\nFanfold-Run: ${run}\nFanfold-Subtask: ${subtask}\n`;
  return { attempt, commit: await commitTree(repository, { tree: merge.tree, parents: [tip], message }), ...which };
}
