/**
 * Fanfold as a library: the same plan and run as the command line's, without a terminal. Promise: nothing is printed,
 * the process's signals are left alone, and every failure is a FanfoldError with a code and a next step.
 */
import { dirname, resolve } from 'node:path';
import { refuseTrackedState } from '../../ipc/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type Budget, loadTaskFile, type Plan, type TaskFile, validateTaskFile } from '../../tasks/index.ts';
import { type CanarySettings, checkCanary } from '../canary/canary-settings.ts';
import { type CleanOptions, clean as cleanUp } from '../housekeeping/clean.ts';
import type { CleanReport } from '../housekeeping/clean-report.ts';
import { orchestrate, type RunResult } from '../run/orchestrate.ts';
import type { RunOptions } from '../run/run-options.ts';
import { checkSettings } from './check-settings.ts';
import { findUndoneRun } from './find-undone-run.ts';
import { expand } from './load-plan.ts';
import { modelTraffic } from './model-traffic.ts';
import { preflight } from './preflight.ts';
import { limitBudget, raiseBudget, type SubtaskSpendingLimits } from './raise-budget.ts';
import { unpricedWarnings } from './unpriced-models.ts';
import { findWorkplace, type Workplace } from './workplace.ts';

export type { Envelope, Mailbox, MailboxEntry } from '../../ipc/index.ts';
export { openMailbox } from '../../ipc/index.ts';
export type {
  ErrorCode,
  ErrorRecord,
  FailureKind,
  FanfoldEvent,
  Forecast,
  ModelSettings,
  PermissionRequested,
  Permissions,
  Plan,
  RunEnd,
  Subtask,
  TaskFile,
  Usage,
} from '../../tasks/index.ts';
export { FanfoldError } from '../../tasks/index.ts';
export type {
  Agent,
  AgentEvent,
  AgentOptions,
  AgentResult,
  AgentRunOptions,
  AgentRunResult,
  AgentSetup,
  CheckContext,
  CheckDefinition,
  CheckVerdict,
  ContentBlock,
  Message,
  Model,
  ModelLimits,
  ModelRequest,
  ModelTurn,
  OwnTool,
  StreamOptions,
  Tool,
  ToolDefinition,
  ToolResult,
} from '../../worker/index.ts';
export { anthropicModel, createAgent, defineCheck, defineTool, runAgent } from '../../worker/index.ts';
export type { CanarySettings, GoOn } from '../canary/canary-settings.ts';
export type { Attendance } from '../dispatch/mail-permissions.ts';
export type { CleanItem, CleanReport } from '../housekeeping/clean-report.ts';
export type { RunResult } from '../run/orchestrate.ts';

export interface PlanSettings {
  /** The repository to work on, or a folder in it; the current working folder by default. */
  folder?: string;
  /** Let modules (a task file, checks) run their code. */
  trustModules?: boolean;
  signal?: AbortSignal;
}

export interface RunSettings
  extends PlanSettings,
    Pick<
      RunOptions,
      'concurrency' | 'threads' | 'leaseMs' | 'force' | 'canary' | 'attendance' | 'onEvent' | 'drain' | 'stop'
    >,
    Budget {
  /** Write what models are asked and answer to this file, for a model `replay:FILE`; what is there is replaced. */
  record?: string;
  /** Of every agent, in place of the limits in the task file. */
  subtaskBudget?: Budget;
}

/** Validate and expand a task file, given by path or as an object. Starts nothing and writes nothing. */
export async function plan(taskFile: string | TaskFile, settings: PlanSettings = {}): Promise<Plan> {
  checkSettings('plan', settings);
  return makePlan(taskFile, settings);
}

async function makePlan(taskFile: string | TaskFile, settings: PlanSettings): Promise<Plan> {
  const { folder = process.cwd(), trustModules = false, signal = new AbortController().signal } = settings;
  const workplace = await findWorkplace(undefined, resolve(folder));
  if (typeof taskFile !== 'string') {
    return expand(validateTaskFile(taskFile), {
      taskFolder: workplace.folder,
      source: {},
      workplace,
      signal,
      trustModules,
    });
  }
  const path = resolve(taskFile);
  const loaded = await loadTaskFile(path, { trustModules });
  return expand(loaded.taskFile, { taskFolder: dirname(path), source: loaded.source, workplace, signal, trustModules });
}

export interface ResumeSettings
  extends Pick<PlanSettings, 'folder'>,
    Pick<RunOptions, 'concurrency' | 'threads' | 'attendance' | 'onEvent' | 'drain' | 'stop'>,
    Budget {
  /** Its id, or the beginning of it; the newest run with something left to do by default. */
  run?: string;
  /** Also try again what failed or conflicted. Default false. */
  failed?: boolean;
  /** Of every agent, in place of the limits it had. */
  subtaskBudget?: Budget;
  /** The named run is this user's, although nothing shows it. Default false. */
  trust?: boolean;
  /** Who says whether a run goes on that was interrupted in its canary. */
  canary?: Pick<CanarySettings, 'goOn'>;
  /** Go on recording in this file; by default in that of the run, where there is one. */
  record?: string;
}

/**
 * Go on with a run that was interrupted. FanfoldError `run-not-resumable`, `run-locked` or `state-untrusted` where that
 * can't be.
 */
export async function resume(settings: ResumeSettings = {}): Promise<RunResult> {
  checkSettings('resume', settings);
  const {
    folder = process.cwd(),
    failed = false,
    trust = false,
    run: name,
    usd,
    tokens,
    minutes,
    subtaskBudget,
  } = settings;
  const workplace = await findWorkplace(undefined, resolve(folder));
  await refuseTrackedState(workplace.repository);
  const { run: found, past } = await findUndoneRun(workplace.state, name, { failed, trust });
  const made = raiseBudget(past.plan, { usd, tokens, minutes, ...subtaskLimits(subtaskBudget) }, past.state);
  const replanned = made !== past.plan;
  const record = settings.record === undefined ? past.start.record : resolve(settings.record);
  const traffic = await modelTraffic({ record, version: packageJson.version, goOn: true });
  await preflight(made, workplace.folder, process.env, record);
  return orchestrate({
    ...runOptionsOf(made, workplace, settings),
    traffic,
    resume: { run: found, failed, replanned },
  });
}

export interface CleanSettings extends Pick<PlanSettings, 'folder'>, Omit<CleanOptions, 'state' | 'repository'> {}

/** Remove what dead and ended runs left, as `fanfold clean` does. Look at `items` for what could not be removed. */
export async function clean(settings: CleanSettings = {}): Promise<CleanReport> {
  checkSettings('clean', settings);
  const { folder = process.cwd(), ...options } = settings;
  const { state, repository } = await findWorkplace(undefined, resolve(folder));
  await refuseTrackedState(repository);
  return cleanUp({ ...options, state, repository });
}

/** Run a task file to its end. Resolves whatever became of it: look at `end.exitCode` and `end.subtasks`. */
export async function run(taskFile: string | TaskFile, settings: RunSettings = {}): Promise<RunResult> {
  checkSettings('run', settings);
  const { folder = process.cwd(), canary = {}, usd, tokens, minutes, subtaskBudget } = settings;
  checkCanary(canary);
  const planned = await makePlan(taskFile, settings);
  const made = limitBudget(planned, { usd, tokens, minutes, ...subtaskLimits(subtaskBudget) });
  const workplace = await findWorkplace(undefined, resolve(folder));
  const record = settings.record === undefined ? undefined : resolve(settings.record);
  const traffic = await modelTraffic({ record, version: packageJson.version, goOn: false });
  await preflight(made, workplace.folder, process.env, record);
  return orchestrate({ ...runOptionsOf(made, workplace, settings), traffic });
}

function subtaskLimits({ usd, tokens, minutes }: Budget = {}): SubtaskSpendingLimits {
  return { subtaskUsd: usd, subtaskTokens: tokens, subtaskMinutes: minutes };
}

function runOptionsOf(
  made: Plan,
  workplace: Workplace,
  {
    concurrency,
    threads,
    leaseMs,
    force,
    canary,
    attendance,
    onEvent,
    drain,
    stop,
  }: Pick<
    RunSettings,
    'concurrency' | 'threads' | 'leaseMs' | 'force' | 'canary' | 'attendance' | 'onEvent' | 'drain' | 'stop'
  >,
): RunOptions {
  return {
    plan: made,
    folder: workplace.folder,
    repository: workplace.repository,
    // Relative to the bundle, where the worker's entry lies beside this one.
    workerEntry: new URL('./worker.js', import.meta.url),
    version: packageJson.version,
    warnings: unpricedWarnings(made),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(threads === undefined ? {} : { threads }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
    ...(force === undefined ? {} : { force }),
    ...(canary === undefined ? {} : { canary }),
    ...(attendance === undefined ? {} : { attendance }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(drain === undefined ? {} : { drain }),
    ...(stop === undefined ? {} : { stop }),
  };
}
