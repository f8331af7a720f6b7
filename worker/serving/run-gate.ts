import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type GateRequest, type GateResult, usageOfJudges, type Worktree } from '../../ipc/index.ts';
import { addUsage, FanfoldError, noUsage, toErrorRecord, totalTokens, type Usage } from '../../tasks/index.ts';
import { waitAtMost } from '../attempt/wait-at-most.ts';
import { gateSubject } from '../checks/gate-subject.ts';
import { runChecks } from '../checks/run-checks.ts';
import type { WorkerServices } from './services.ts';

/** What a checkout may take beside the checks, whose limits are their own. */
const checkoutMs = 600_000;
/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

/** Run checks on a commit in a clean checkout (outside git: in the folder itself). Never throws. */
export async function runGate(
  request: GateRequest,
  services: WorkerServices,
  cancelled: AbortSignal,
): Promise<GateResult> {
  const { run, gate, checks } = request;
  const limitMs = Math.min(
    checks.reduce((sum, { timeoutMs }) => sum + timeoutMs, checkoutMs),
    longestTimerMs,
  );
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(tooLong(gate, limitMs)), limitMs);
  const signal = AbortSignal.any([cancelled, overdue.signal]);
  try {
    const givenUp = () => ({ run, gate, checks: [], error: toErrorRecord(signal.reason) });
    return await waitAtMost(judge(request, services, signal), signal, givenUp);
  } finally {
    clearTimeout(timer);
  }
}

async function judge(request: GateRequest, services: WorkerServices, signal: AbortSignal): Promise<GateResult> {
  const { run, gate, commit, checks, environment, repository, runFolder } = request;
  const { worktrees, models } = services;
  const logFolder = join(request.runFolder, 'gates', gate);
  let worktree: Worktree | undefined;
  let usage: Usage | undefined;
  const spent = () => (usage === undefined ? {} : { usage });
  try {
    worktree = commit === undefined ? undefined : await worktrees?.acquire(commit, signal);
    await mkdir(logFolder, { recursive: true, mode: 0o700 });
    // An earlier delivery, whose worker was lost, told nobody.
    const earlier = await usageOfJudges(logFolder);
    if (totalTokens(earlier) > 0) usage = earlier;
    const root = worktree?.root ?? request.repository;
    const results = await runChecks(root, {
      checks,
      environment,
      logFolder,
      subject: await gateSubject(request, services.repository),
      models,
      use: { run, runFolder, repository, subtask: 'merged', attempt: 1 },
      signal,
      spend(used) {
        usage = addUsage(usage ?? noUsage(), used);
      },
    });
    signal.throwIfAborted();
    return { run, gate, checks: results, ...spent() };
  } catch (error) {
    return { run, gate, checks: [], error: toErrorRecord(signal.aborted ? signal.reason : error), ...spent() };
  } finally {
    if (worktree !== undefined) await worktrees?.release(worktree);
  }
}

function tooLong(gate: string, limitMs: number): FanfoldError {
  return new FanfoldError({
    code: 'timeout',
    message: `The gate ${gate} did not end within ${limitMs / 1000} s, its checkout included.`,
    next: 'Look at the disk and at what git does in the repository, then run again.',
    failure: 'timeout',
  });
}
