import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  digestPlan,
  openMailbox,
  outsideName,
  type RunFolder,
  readJournal,
  refuseTrackedState,
  requireSeal,
} from '../../../ipc/index.ts';
import { FanfoldError, type Plan, type RunStart } from '../../../tasks/index.ts';
import { checkRecordTarget } from '../../../worker/index.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import { serveOutside, type WorkerEnd } from '../../workers/outside-worker.ts';
import { startThreadPool } from '../../workers/thread-pool.ts';
import type { CommandContext } from '../command-context.ts';
import { findRunAtWork, notAtWork } from '../find-run-at-work.ts';
import { catchInterrupts } from '../interrupts.ts';
import { preflight } from '../preflight.ts';
import { type RunPlace, runOfMailbox } from '../run-of-mailbox.ts';
import { useServer } from '../use-server.ts';
import { createWorkerView } from '../worker-view.ts';
import { findWorkplace, type Workplace } from '../workplace.ts';

export interface WorkerArguments {
  run: string | undefined;
  repo: string | undefined;
  mailbox: string | undefined;
  concurrency: number | undefined;
  threads: number | undefined;
  baseUrl: string | undefined;
  trust: boolean;
  json: boolean;
}

/** What a run that has just been started gets to write the first lines of its journal, ms. */
const patienceMs = 10_000;
const usualLeaseMs = 30_000;

/** `fanfold worker`: serve a run's mailbox beside its coordinator, until the run ends. */
export async function worker(args: WorkerArguments, context: CommandContext): Promise<number> {
  useServer(args.baseUrl, context.environment);
  const { run, folder, repository } = await placeOf(args, context);
  const { start, plan } = await readWork(run);
  if (start.record !== undefined) await checkRecordTarget(start.record);
  await preflight(plan, folder, context.environment);
  const leaseMs = start.leaseMs ?? usualLeaseMs;
  const concurrency = args.concurrency ?? start.concurrency;
  const name = outsideName(randomName());
  const view = createWorkerView(args.json, run.id, context);
  const interrupts = catchInterrupts(() =>
    context.stderr.write('Finishing what is at hand; press Ctrl-C again to give it back and stop now.\n'),
  );
  const pool = startThreadPool(context.workerEntry, args.threads);
  try {
    await using mailbox = openMailbox(run.mailbox, { leaseMs });
    const threads = Math.min(pool.maxThreads, concurrency);
    view.notice('info', `${name} serves ${run.id}, ${concurrency} at a time`);
    const served = await serveOutside({
      name,
      mailbox,
      pool,
      threads,
      concurrency,
      input: {
        run: run.id,
        mailbox: run.mailbox,
        folder,
        repository,
        executors: [...new Set(plan.subtasks.map(({ executor }) => executor.kind))],
        runFolder: run.root,
        planned: digestPlan(plan),
        leaseMs,
        ...(start.record === undefined ? {} : { record: start.record }),
      },
      coordinator: () => coordinatorOf(run.lock),
      isLimited: plan.budget?.usd !== undefined || plan.budget?.tokens !== undefined,
      onProgress: view.progress,
      onOutcome: view.outcome,
      onNotice: view.notice,
      drain: interrupts.drain,
      stop: interrupts.stop,
    });
    // Who came when the run was at its end already was not told of it.
    const over = served === 'coordinator-gone' && (await loadRunState(run)).state.end !== undefined;
    const end = over ? 'run-ended' : served;
    view.notice(end === 'coordinator-gone' ? 'warning' : 'info', lastWords(end, run.id));
    return end === 'drained' ? exitCodeOf(interrupts.drain) : exitCodes.success;
  } finally {
    interrupts.release();
    await pool.destroy();
    await view.close();
  }
}

/** Where the run is that is to be served: refused when nobody coordinates it, or it may not be this user's. */
async function placeOf(
  args: WorkerArguments,
  context: CommandContext,
): Promise<RunPlace & Pick<Workplace, 'repository'>> {
  const named = args.mailbox === undefined ? undefined : await runOfMailbox(args.mailbox, context.folder);
  const { state, folder, repository } = await findWorkplace(named?.folder ?? args.repo, context.folder);
  await refuseTrackedState(repository);
  const place = named ?? (await runOfMailbox((await findRunAtWork(state, args.run)).mailbox, folder));
  const { run } = place;
  if ((await coordinatorOf(run.lock)) === undefined) throw notAtWork(run.id);
  if (!args.trust) requireSeal(run, 'fanfold worker');
  return { ...place, repository };
}

async function readWork(run: RunFolder): Promise<{ start: RunStart; plan: Plan }> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    let start: RunStart | undefined;
    let plan: Plan | undefined;
    for await (const event of readJournal(run.journal)) {
      if (event.type === 'run-start') start = event;
      if (event.type === 'plan-end') plan = event.plan;
    }
    if (start !== undefined && plan !== undefined) return { start, plan };
    if (performance.now() > deadline) throw noPlan(run.id);
    await sleep(100);
  }
}

function noPlan(run: string): FanfoldError {
  return new FanfoldError({
    code: 'run-not-found',
    message: `The run ${run} has no plan yet.`,
    next: 'Wait until it has started, then start the worker again.',
  });
}

function lastWords(end: WorkerEnd, run: string): string {
  if (end === 'run-ended') return `The run ${run} has ended.`;
  if (end === 'drained') return 'Ended when asked to.';
  return `The coordinator of ${run} is gone, so this worker ends; go on with: fanfold resume ${run}`;
}

function exitCodeOf({ reason }: AbortSignal): number {
  const given: unknown = (reason as { exitCode?: unknown } | undefined)?.exitCode;
  return typeof given === 'number' ? given : exitCodes.interrupted;
}

function randomName(): string {
  const digits = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 6 }, () => digits[randomInt(digits.length)]).join('');
}
