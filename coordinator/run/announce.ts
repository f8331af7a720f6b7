import type { CanaryChoice } from '../../tasks/index.ts';
import type { EventLog } from './event-log.ts';
import type { OpenRun } from './open-run.ts';
import type { RunOptions } from './run-options.ts';

/** The first events of a session. The plan is journalled once, and shown in each. */
export function announce(
  run: OpenRun,
  { plan, folder, version, traffic, ...options }: RunOptions,
  { threads, canary }: { threads: number; canary: CanaryChoice | undefined },
  log: EventLog,
): void {
  log.emit({
    type: 'run-start',
    name: plan.name,
    ...(plan.goal === undefined ? {} : { goal: plan.goal }),
    repository: folder,
    ...(run.target === undefined ? {} : { base: run.target.base, branch: run.target.branch }),
    ...(run.branchFrom === undefined ? {} : { branchFrom: run.branchFrom }),
    subtasks: plan.subtasks.length,
    concurrency: run.concurrency,
    threads,
    leaseMs: run.leaseMs,
    pid: process.pid,
    version,
    session: run.session,
    ...(run.reopened.length === 0 ? {} : { reopened: run.reopened }),
    ...(run.force ? { force: true } : {}),
    ...(traffic?.record === undefined ? {} : { record: traffic.record }),
    ...(canary === undefined ? {} : { canary }),
  });
  // Limits that were raised count for whoever goes on later, and for workers that join.
  if (run.session === 1 || options.resume?.replanned === true) log.emit({ type: 'plan-end', plan });
  else log.repeat({ type: 'plan-end', plan });
  for (const message of options.warnings ?? []) log.emit({ type: 'notice', level: 'warning', message });
  if (run.lostGates !== undefined) log.emit({ ...lostGates, usage: run.lostGates });
  const asked = options.canary?.subtasks;
  if (run.session === 1 && asked !== undefined && canary === undefined) {
    const message = `A canary of ${asked} would be all of these ${plan.subtasks.length} subtasks: they run without one.`;
    log.emit({ type: 'notice', level: 'info', message });
  }
  const { branch, replaces } = run.target ?? {};
  if (replaces === undefined) return;
  const message =
    `${branch} holds the work of the run ${replaces.run} (commit ${replaces.commit.slice(0, 10)}): what this run lands ` +
    `takes its place. To keep it: git branch <name> ${replaces.commit.slice(0, 10)}`;
  log.emit({ type: 'notice', level: 'info', message });
}

const lostGates = {
  type: 'notice',
  level: 'info',
  message: 'An earlier session ended while judges were at work on merged trees: what they had used is counted now.',
} as const;
