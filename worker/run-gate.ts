import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateRequest, GateResult, Worktree } from '../ipc/index.ts';
import { toErrorRecord } from '../tasks/index.ts';
import { runChecks } from './checks/run-checks.ts';
import type { WorkerServices } from './services.ts';

/** Run checks on a commit in a clean checkout (outside git: in the folder itself). Never throws. */
export async function runGate(
  request: GateRequest,
  { worktrees }: WorkerServices,
  signal: AbortSignal,
): Promise<GateResult> {
  const { run, gate, commit, checks, environment } = request;
  const logFolder = join(request.runFolder, 'gates', gate);
  let worktree: Worktree | undefined;
  try {
    worktree = commit === undefined ? undefined : await worktrees?.acquire(commit, signal);
    await mkdir(logFolder, { recursive: true, mode: 0o700 });
    const root = worktree?.root ?? request.repository;
    const results = await runChecks(root, { checks, environment, logFolder, signal });
    signal.throwIfAborted();
    return { run, gate, checks: results };
  } catch (error) {
    return { run, gate, checks: [], error: toErrorRecord(signal.aborted ? signal.reason : error) };
  } finally {
    if (worktree !== undefined) await worktrees?.release(worktree);
  }
}
