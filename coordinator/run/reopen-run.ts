/**
 * Takes up a run that a coordinator left: what its journal, mailbox and branch tell is put together under the run's
 * lock. Called by open-run.ts. Promise: nothing is changed when the run can't be taken up or somebody else has it.
 */
import { readFile } from 'node:fs/promises';
import {
  controlSchema,
  type Mailbox,
  outsideProcess,
  type Repository,
  type RunFolder,
  recipients,
  workBoxes,
} from '../../ipc/index.ts';
import { FanfoldError, helperDepth, type RunState, reduceResumePoint } from '../../tasks/index.ts';
import { isSatisfying, type Past } from '../dispatch/past.ts';
import { type ReopenedTarget, reopenTarget } from '../merging/reopen-target.ts';
import { writeAtomically } from '../reporting/write-atomically.ts';
import { type PastRun, readPastRun, undoneOf } from './past-run.ts';
import { pastOf } from './resume-plan.ts';
import type { ResumeRequest, RunOptions } from './run-options.ts';

export interface ReopenedRun {
  session: number;
  reopened: string[];
  branchFrom: string | undefined;
  force: boolean;
  /** A worker process that outlived the coordinator beats by it. */
  leaseMs: number | undefined;
  target: ReopenedTarget | undefined;
  earlier: RunState;
  /** Structured outputs that are in results.jsonl. */
  outputs: ReadonlyMap<string, unknown>;
  /** What was left of each subtask, once it is known what the mailbox holds. */
  past(mailbox: Mailbox): Promise<ReadonlyMap<string, Past>>;
}

/** Called under the lock of the run. */
export async function reopenRun(
  { run, failed }: ResumeRequest,
  { folder, repository, onPast }: RunOptions,
): Promise<ReopenedRun> {
  const found = await readPastRun(run, onPast);
  const { point, plan, start, state } = found;
  if (start.repository !== folder) throw moved(run, start.repository, folder);
  const { reopened } = undoneOf(found, { failed });
  // As the run-start of this session does it in the journal.
  reduceResumePoint(point, { ...start, session: point.sessions + 1, reopened });
  const target = await targetOf(found, repository);
  const landed = target?.landed ?? new Map<string, string>();
  return {
    session: point.sessions,
    reopened,
    branchFrom: start.branchFrom,
    force: start.force === true,
    leaseMs: start.leaseMs,
    target,
    earlier: state,
    outputs: await rebuildResults(run, found, landed),
    async past(mailbox) {
      await forgetDeadWorkers(mailbox, helperDepth(plan));
      const published = new Set((await mailbox.list(recipients.workers)).map(({ id }) => id));
      return pastOf(plan, point, { landed, published });
    },
  };
}

async function targetOf(
  { plan, point, start, state }: PastRun,
  repository: Repository | undefined,
): Promise<ReopenedTarget | undefined> {
  const { base, branch } = start;
  if (repository === undefined || base === undefined || branch === undefined) return undefined;
  const unsettled = plan.subtasks.filter(({ id }) => point.subtasks.get(id)?.final === undefined);
  return reopenTarget(
    repository,
    { ...start, base, branch },
    { ready: point.ready, landedAt: state.commit, unsettled: new Set(unsettled.map(({ id }) => id)) },
  );
}

/** A thread of a dead coordinator is dead, and died of nothing it did; workers of their own processes beat for themselves. */
async function forgetDeadWorkers(mailbox: Mailbox, deepestHelper: number): Promise<void> {
  for (const recipient of [...workBoxes(deepestHelper), recipients.coordinator]) {
    const claims = (await mailbox.list(recipient)).filter(({ state }) => state === 'claimed');
    for (const worker of new Set(claims.flatMap(({ worker }) => worker ?? []))) {
      if (outsideProcess(worker) !== undefined) continue;
      await mailbox.reapWorker(recipient, worker, { blameless: true });
    }
    await mailbox.reap(recipient);
  }
  await dropOrders(mailbox);
  // What an earlier coordinator wanted judged is nobody's question any more.
  for (
    let claim = await mailbox.claim(recipients.gates, recipients.coordinator);
    claim !== undefined;
    claim = await mailbox.claim(recipients.gates, recipients.coordinator)
  ) {
    await mailbox.complete(claim);
  }
}

/** Orders to end, pause or go on were meant for the coordinator that is gone; who joined or wrote is still there. */
async function dropOrders(mailbox: Mailbox): Promise<void> {
  const box = recipients.coordinator;
  for (let claim = await mailbox.claim(box, box); claim !== undefined; claim = await mailbox.claim(box, box)) {
    const order = claim.envelope.kind === 'control' ? controlSchema.safeParse(claim.envelope.body).data : undefined;
    if (order !== undefined && order.action !== 'join' && order.action !== 'leave') await mailbox.complete(claim);
  }
  // The others were only looked at.
  await mailbox.reapWorker(box, box, { blameless: true });
}

/** The file may lack what was accepted last, and may end in half a line; the journal knows all of it. */
async function rebuildResults(
  { results }: RunFolder,
  { plan, point }: PastRun,
  landed: ReadonlyMap<string, string>,
): Promise<Map<string, unknown>> {
  const outputs = readResults(await readFile(results, 'utf8').catch(() => ''));
  const written = outputs.size;
  for (const { id } of plan.subtasks) {
    const { final, ended } = point.subtasks.get(id) ?? {};
    const accepted = landed.has(id) || (final !== undefined && isSatisfying(final.status));
    if (accepted && ended?.output !== undefined && !outputs.has(id)) outputs.set(id, ended.output);
  }
  const lines = [...outputs].map(([subtask, output]) => `${JSON.stringify({ subtask, output })}\n`);
  if (outputs.size > 0 || written > 0) await writeAtomically(results, lines.join(''));
  return outputs;
}

function readResults(text: string): Map<string, unknown> {
  const outputs = new Map<string, unknown>();
  for (const line of text.split('\n')) {
    try {
      const { subtask, output } = JSON.parse(line) as { subtask: unknown; output: unknown };
      if (typeof subtask === 'string' && output !== undefined) outputs.set(subtask, output);
    } catch {
      // A line that was cut off by a crash; its output is in the journal.
    }
  }
  return outputs;
}

function moved({ id }: RunFolder, from: string, to: string): FanfoldError {
  return new FanfoldError({
    code: 'run-not-resumable',
    message: `The run ${id} was started in ${from}, and its folder is now ${to}.`,
    next: 'Move the folder back and resume, or start again with `fanfold run`: finished work is reused.',
  });
}
