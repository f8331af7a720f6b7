/**
 * One attempt of one subtask, stage by stage. Called by serve.ts. Never throws: whatever happens becomes an Outcome.
 */
import { mkdirSync } from 'node:fs';
import {
  type Assignment,
  attemptFolder,
  commandEnvironment,
  inputVariablesDigest,
  type Outcome,
  writeSalvage,
} from '../ipc/index.ts';
import {
  type CheckResult,
  compileWriteSet,
  FanfoldError,
  noUsage,
  type ProgressInput,
  toErrorRecord,
} from '../tasks/index.ts';
import type { AgentLinks } from './agent-links.ts';
import { beginAttempt } from './begin-attempt.ts';
import { runChecks } from './checks/run-checks.ts';
import { execute } from './executors/execute.ts';
import type { ExecutionResult } from './executors/executor.ts';
import { salvageAttempt } from './salvage-attempt.ts';
import type { WorkerServices } from './services.ts';
import { waitAtMost } from './wait-at-most.ts';
import type { Snapshot, Workspace } from './workspace/workspace.ts';

export interface SubtaskControl {
  /** Aborts on cancellation; its reason is the FanfoldError to report. */
  signal: AbortSignal;
  report: (event: ProgressInput) => void;
  links?: AgentLinks;
  /** See wait-at-most.ts. */
  graceMs?: number;
}

export async function runSubtask(
  assignment: Assignment,
  services: WorkerServices,
  { signal, report, links, graceMs }: SubtaskControl,
): Promise<Outcome> {
  const startedAt = performance.now();
  const { subtask, attempt } = assignment;
  const limit = timeLimit(subtask.id, subtask.timeoutMs);
  const stop = AbortSignal.any([signal, limit.signal]);
  const logFolder = attemptFolder(assignment.runFolder, subtask.id, attempt);
  const known = { checks: [] as CheckResult[] };
  const variables = inputVariablesDigest(subtask, commandEnvironment(process.env));
  let execution: ExecutionResult | undefined;
  let base = assignment.base;
  let snapshot: Snapshot = { changedFiles: [] };
  try {
    return await waitAtMost(work(), stop, () => outcome(toErrorRecord(stop.reason)), graceMs);
  } finally {
    limit.clear();
  }

  async function work(): Promise<Outcome> {
    try {
      return outcome(await perform());
    } catch (error) {
      return outcome(toErrorRecord(stop.aborted ? stop.reason : error));
    }
  }

  async function perform(): Promise<Outcome['error']> {
    mkdirSync(logFolder, { recursive: true, mode: 0o700 });
    const begun = await beginAttempt(assignment, services, { logFolder, signal: stop, report });
    await using workspace = begun.workspace;
    base = workspace.base ?? base;
    execution = await execute(
      {
        assignment,
        signal: stop,
        report,
        logFolder,
        worker: services.worker,
        ...(begun.beginning === undefined ? {} : { beginning: begun.beginning }),
        ...(links === undefined ? {} : { links }),
      },
      workspace,
      services,
    );
    snapshot = await takeSnapshot(workspace);
    if (execution.status === 'done') {
      stop.throwIfAborted();
      refuseForeignWrites(assignment, snapshot.changedFiles);
      known.checks = await runChecks(await workspace.forChecks(snapshot), {
        checks: subtask.checks.filter((check) => check.on.includes('workspace')),
        environment: subtask.environment,
        logFolder,
        signal: stop,
      });
      stop.throwIfAborted();
      refuseIdleAgent(assignment, snapshot);
    }
    return execution.status === 'done' ? undefined : (execution.error ?? toErrorRecord(signal.reason));
  }

  /** An agent's files are kept before its workspace goes, whatever happens: it may be asked to go on. */
  async function takeSnapshot(workspace: Workspace): Promise<Snapshot> {
    const keeps = () => isAgentWithWorkspace(assignment) && !hasLostLease(stop);
    try {
      const taken = await workspace.snapshot(commitMessage(assignment));
      if (keeps()) await keepForLater(assignment, logFolder, workspace, taken);
      return taken;
    } catch (error) {
      if (keeps()) await salvageAttempt(assignment, services, attempt).catch(() => {});
      throw error;
    }
  }

  function outcome(error: Outcome['error']): Outcome {
    const { commit, changedFiles } = snapshot;
    return {
      run: assignment.run,
      subtask: subtask.id,
      attempt,
      worker: services.worker,
      result: resultOf(error, assignment, snapshot),
      ...(commit === undefined ? {} : { commit }),
      ...(base === undefined ? {} : { base }),
      changedFiles: changedFiles.slice(0, 1000),
      checks: known.checks,
      ...(execution?.output === undefined || error !== undefined ? {} : { output: execution.output }),
      ...(execution?.summary === undefined ? {} : { summary: execution.summary }),
      ...(error === undefined ? {} : { error }),
      ...(variables === undefined ? {} : { inputVariables: variables }),
      usage: execution?.usage ?? noUsage(),
      denials: execution?.denials ?? 0,
      durationMs: Math.round(performance.now() - startedAt),
    };
  }
}

/** Its workspace goes when the attempt ends. */
function isAgentWithWorkspace({ subtask }: Assignment): boolean {
  return subtask.executor.kind === 'prompt' && subtask.workspace !== 'none';
}

/** Should the outcome get lost, or ask for another attempt: where an agent's work is until then. */
async function keepForLater(
  { subtask }: Assignment,
  logFolder: string,
  { base }: Workspace,
  { commit }: Snapshot,
): Promise<void> {
  const files = { ...(base === undefined ? {} : { base }), ...(commit === undefined ? {} : { commit }) };
  await writeSalvage(logFolder, subtask.workspace === 'copy' ? { changes: 'recorded' } : files);
}

/** Then the attempt is another worker's by now. */
function hasLostLease({ reason }: AbortSignal): boolean {
  return reason instanceof FanfoldError && reason.code === 'worker-lost';
}

function resultOf(error: Outcome['error'], { subtask }: Assignment, snapshot: Snapshot): Outcome['result'] {
  if (error !== undefined) return error.failure === 'cancelled' ? 'cancelled' : 'failed';
  if (subtask.workspace === 'none') return 'done';
  return snapshot.changedFiles.length > 0 ? 'changed' : 'unchanged';
}

function timeLimit(id: string, timeoutMs: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new FanfoldError({
        code: 'timeout',
        message: `The subtask ${id} did not end within ${timeoutMs / 1000} s.`,
        next: 'Give it more time with `timeout`, or split it.',
        failure: 'timeout',
      }),
    );
  }, timeoutMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

function refuseForeignWrites({ subtask }: Assignment, changedFiles: readonly string[]): void {
  if (subtask.writes.length === 0) return;
  const { allows } = compileWriteSet(subtask.writes);
  const foreign = changedFiles.filter((path) => !allows(path));
  if (foreign.length === 0) return;
  throw new FanfoldError({
    code: 'write-set-violation',
    message: `The subtask ${subtask.id} changed ${foreign.length} file(s) outside its declared writes: ${foreign.slice(0, 5).join(', ')}.`,
    next: `Add them to \`writes\` (now: ${subtask.writes.slice(0, 5).join(', ')}) if the change is wanted.`,
    data: { files: foreign.slice(0, 100), writes: subtask.writes.slice(0, 100) },
  });
}

/** An agent that was asked for a change and made none has not done its work; one that owes an output may have. */
function refuseIdleAgent({ subtask }: Assignment, snapshot: Snapshot): void {
  const { executor, workspace, output, permissions } = subtask;
  const owesChange =
    executor.kind === 'prompt' && workspace !== 'none' && output === undefined && permissions.mode !== 'plan';
  if (!owesChange || snapshot.changedFiles.length > 0) return;
  throw new FanfoldError({
    code: 'agent-no-change',
    message: `The agent of ${subtask.id} ended without changing a file.`,
    next: 'Read its transcript with `fanfold logs`; if no change is right, ask for an `output` or use `workspace: none`.',
  });
}

function commitMessage({ subtask, goal, run }: Assignment): string {
  const subject = (subtask.title ?? goal ?? subtask.executor.kind).split('\n')[0]?.slice(0, 100) ?? '';
  return `${subtask.id}: ${subject}\n\nFanfold-Run: ${run}\nFanfold-Subtask: ${subtask.id}\n`;
}
