import type { Plan } from '../../tasks/index.ts';
import type { Gates } from '../merging/gates.ts';
import { createMergeQueue, type MergeQueue } from '../merging/merge-queue.ts';
import type { EventLog } from './event-log.ts';
import type { OpenRun } from './open-run.ts';

/** Where the work of a run lands; undefined where nothing works in git. Nothing lands that is not journalled before. */
export function openMergeQueue(
  { id, repository, target, lock }: OpenRun,
  { plan, gates, log }: { plan: Plan; gates: Gates; log: EventLog },
): MergeQueue | undefined {
  if (repository === undefined || target === undefined) return undefined;
  return createMergeQueue({
    repository,
    branch: target.branch,
    start: { branch: target.branchAt, tip: target.tip },
    run: id,
    async beforeLanding(merge) {
      log.emit({ type: 'merge-ready', ...merge });
      await log.flush();
      lock.verify();
    },
    gates: (commit, subtasks) => gates.judge(plan.checks, commit, subtasks),
    emit: (event) => log.emit(event),
  });
}
