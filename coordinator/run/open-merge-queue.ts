import { type Plan, replayFile } from '../../tasks/index.ts';
import type { Gates } from '../merging/gates.ts';
import { createLandingRounds } from '../merging/landing-rounds.ts';
import { createMergeQueue, type MergeQueue } from '../merging/merge-queue.ts';
import type { EventLog } from './event-log.ts';
import type { ModelTraffic } from './model-traffic.ts';
import type { OpenRun } from './open-run.ts';

interface QueueSetup {
  plan: Plan;
  gates: Gates;
  log: EventLog;
  traffic: ModelTraffic | undefined;
  /** Ids of subtasks that were handed out and are not settled. */
  atWork: () => readonly string[];
}

/** Where the work of a run lands; undefined where nothing works in git. Nothing lands that is not journalled before. */
export function openMergeQueue(
  { id, repository, target, lock }: OpenRun,
  { plan, gates, log, traffic, atWork }: QueueSetup,
): MergeQueue | undefined {
  if (repository === undefined || target === undefined) return undefined;
  const queue = createMergeQueue({
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
  if (!landsInRounds(plan, traffic)) return queue;
  return createLandingRounds(queue, { subtasks: plan.subtasks.map(({ id }) => id), atWork });
}

/** Whether models are asked about what was merged, judges or agents that mend it, and what they say is recorded or replayed. */
function landsInRounds({ checks, subtasks }: Plan, traffic: ModelTraffic | undefined): boolean {
  const judges = checks.flatMap((check) => ('judge' in check ? [check.judge] : []));
  const mends = checks.length > 0 && subtasks.some(({ repairs = 0 }) => repairs > 0);
  if (judges.length === 0 && !mends) return false;
  const models = [...subtasks, ...judges].map(({ model }) => model);
  return traffic?.record !== undefined || models.some(({ name }) => replayFile(name) !== undefined);
}
