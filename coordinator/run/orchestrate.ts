/**
 * One run from plan to report; each line is a stage. Called by coordinator/cli and by the planner. Promise: whatever
 * ends it (success, failure, Ctrl-C, a lost lock), no thread, process, worktree or lock of it stays, and the journal
 * tells what happened.
 */
import type { RunEnd, RunState } from '../../tasks/index.ts';
import { startThreadPool } from '../workers/thread-pool.ts';
import { conclude } from './conclude.ts';
import type { Ending } from './ending.ts';
import { openRun } from './open-run.ts';
import { createResults } from './results.ts';
import type { RunOptions } from './run-options.ts';
import { type Stages, startStages } from './stages.ts';

export interface RunResult {
  run: string;
  end: RunEnd;
  state: RunState;
  /** Structured outputs of accepted subtasks, by id. */
  outputs: ReadonlyMap<string, unknown>;
}

/** What a stopped run waits for its subtasks to end before their threads are ended by force. */
const graceMs = 10_000;

export async function orchestrate(options: RunOptions): Promise<RunResult> {
  const startedAt = performance.now();
  const pool = options.threadPool ?? startThreadPool(options.workerEntry, options.threads);
  try {
    await using run = await openRun(options);
    const results = createResults(run.folder.results);
    const stages = startStages(run, options, results, pool);
    try {
      const { ending, gateFailed } = await workUntilEnd(stages);
      await stages.workers.stop(graceMs);
      await results.written();
      const end = await conclude({ run, stages, ending, gateFailed, startedAt });
      return { run: run.id, end, state: stages.log.state, outputs: results.outputs };
    } finally {
      stages.release();
      await stages.workers.stop(0);
    }
  } finally {
    await pool.destroy();
  }
}

/** Settle everything, or end as the ending asks. Nothing is under way in dispatch or merging afterwards. */
async function workUntilEnd(stages: Stages): Promise<{ ending: Ending; gateFailed: boolean }> {
  const { dispatch, endings, workers, gates, mergeQueue } = stages;
  const mail = new AbortController();
  const receiving = dispatch.receive(mail.signal).catch(endings.stopNow);
  try {
    await dispatch.pump();
    let ending = await Promise.race([dispatch.settled.then((): Ending => ({ kind: 'settled' })), endings.first]);
    if (ending.kind === 'settled') return { ending, gateFailed: await stages.judgeFolder() };
    dispatch.close();
    if (ending.kind === 'drained') ending = await Promise.race([workers.drain().then(() => ending), endings.hard]);
    if (ending.kind === 'stopped') {
      workers.cancel(ending.error.message);
      await Promise.race([workers.drain(), timeLimit(graceMs)]);
      gates.abort(ending.error);
    }
    await dispatch.receiveArrived();
    await dispatch.idle();
    await mergeQueue?.idle();
    return { ending, gateFailed: false };
  } finally {
    mail.abort();
    await receiving;
  }
}

function timeLimit(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
