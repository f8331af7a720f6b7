/**
 * One run from plan to report; each line is a stage. Called by coordinator/cli and by the planner. Promise: whatever
 * ends it (success, failure, Ctrl-C, a lost lock), no thread, process, worktree or lock of it stays, and the journal
 * tells what happened.
 */
import { FanfoldError, messageOf, type RunEnd, type RunState } from '../../tasks/index.ts';
import { startThreadPool } from '../workers/thread-pool.ts';
import { conclude } from './conclude.ts';
import type { Ending } from './ending.ts';
import { keepBranch } from './keep-branch.ts';
import { openRun } from './open-run.ts';
import type { RunOptions } from './run-options.ts';
import { type Stages, startStages } from './stages.ts';
import { sweepRun } from './sweep.ts';

export interface RunResult {
  run: string;
  end: RunEnd;
  state: RunState;
  /** Structured outputs of accepted subtasks, by id. */
  outputs: ReadonlyMap<string, unknown>;
}

/** What a stopped run waits for its subtasks to end before their threads are ended by force. */
const graceMs = 10_000;
/** What a run that ended well gives its workers to remove their workspaces. */
const closingMs = 120_000;

export async function orchestrate(options: RunOptions): Promise<RunResult> {
  const startedAt = performance.now();
  const pool = options.threadPool ?? startThreadPool(options.workerEntry, options.threads);
  try {
    await using run = await openRun(options, pool.maxThreads);
    await options.traffic?.begin();
    const stages = startStages(run, options, pool);
    try {
      const ending = await workUntilEnd(stages);
      await stages.workers.stop(ending.kind === 'stopped' ? graceMs : closingMs);
      // What was used is told by answers, the last of which come when their workers end.
      if (ending.kind === 'stopped') await settleArrived(stages);
      await Promise.all([stages.results.written(), stages.cache.written()]);
      await stages.mail.reportUnread();
      await sweepRun(run.id, run.state, run.repository).catch((error: unknown) => {
        const message = `Not everything of the run could be cleared away: ${messageOf(error)}`;
        stages.log.emit({ type: 'notice', level: 'warning', message });
      });
      const heard = { folder: run.folder.root, plan: options.plan, settled: ending.kind === 'settled' };
      for (const notice of (await options.traffic?.end(heard)) ?? []) stages.log.emit({ type: 'notice', ...notice });
      if (ending.kind === 'settled') await keepBranch(run, stages);
      const end = await conclude({ run, stages, ending, startedAt });
      return { run: run.id, end, state: stages.log.state, outputs: stages.results.outputs };
    } finally {
      stages.release();
      await stages.workers.stop(0);
    }
  } finally {
    await pool.destroy();
  }
}

/** Settle everything, or end as the ending asks. Nothing is under way in dispatch or merging afterwards. */
async function workUntilEnd(stages: Stages): Promise<Ending> {
  const { dispatch, endings } = stages;
  const mail = new AbortController();
  let receiving = Promise.resolve();
  try {
    await takeUp(stages).catch(endings.stopNow);
    receiving = dispatch.receive(mail.signal).catch(endings.stopNow);
    await dispatch.pump().catch(endings.stopNow);
    stages.canary?.begin();
    let judging: Promise<boolean> | undefined;
    const settled = dispatch.settled.then(async (): Promise<Ending> => {
      judging = stages.judgeFolder();
      return { kind: 'settled', gateFailed: await judging };
    });
    let ending = await Promise.race([settled.catch(endings.stopFor), endings.first]);
    if (ending.kind === 'settled') return ending;
    dispatch.close();
    stages.mergeQueue?.rounds?.end();
    if (ending.kind === 'drained') {
      const finished = finishAtHand(stages, () => judging).then(() => ending);
      ending = await Promise.race([finished.catch(endings.stopFor), endings.hard]);
    }
    if (ending.kind === 'stopped') await stopAtOnce(stages, ending);
    return ending;
  } finally {
    mail.abort();
    await receiving;
  }
}

/** Before any answer is taken in, and before anybody works for a run that the journal does not know of. */
async function takeUp({ log, dispatch }: Stages): Promise<void> {
  await log.flush();
  await dispatch.takeUp();
}

/** Nothing more is handed out; what workers have at hand is finished, judged and landed. */
async function finishAtHand(stages: Stages, judging: () => Promise<boolean> | undefined): Promise<void> {
  await stages.workers.drain();
  await settleArrived(stages);
  await judging();
}

/** Subtasks and gates are cancelled, and nothing lands any more that is not landing right now. */
async function stopAtOnce(stages: Stages, ending: Ending & { kind: 'stopped' }): Promise<void> {
  const { workers, gates, mergeQueue } = stages;
  const reason = new FanfoldError({
    code: 'cancelled',
    message: `The run ended before this was done: ${ending.error.message}`,
    next: 'Go on with `fanfold resume`; its work is kept where there is any.',
    failure: 'cancelled',
  });
  mergeQueue?.close(reason);
  gates.abort(reason);
  workers.cancel(ending.error.message);
  await Promise.race([workers.drain(), timeLimit(graceMs)]);
  await settleArrived(stages);
}

async function settleArrived({ dispatch, mergeQueue }: Stages): Promise<void> {
  await dispatch.receiveArrived();
  await dispatch.idle();
  await mergeQueue?.idle();
}

function timeLimit(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
