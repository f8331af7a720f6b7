/**
 * A bare goal becomes a task file: an agent that may only read looks at the repository and submits one. Called by the
 * command line. Promise: what it resolves with was accepted by `accept`, that is, by the same schema and expansion as a
 * file a person wrote; a proposal that was not gets one repair round with the problems.
 */
import {
  addUsage,
  type Budget,
  type ErrorRecord,
  FanfoldError,
  fromErrorRecord,
  type ModelSettings,
  noUsage,
  type Plan,
  type TaskFile,
  taskFileJsonSchema,
  totalTokens,
  type Usage,
  validateTaskFile,
} from '../../tasks/index.ts';
import { exitCodes } from '../run/exit-code.ts';
import { orchestrate } from '../run/orchestrate.ts';
import type { RunOptions } from '../run/run-options.ts';
import { planningPrompt, repairPrompt } from './planning-prompt.ts';
import { refusePolicy } from './refuse-policy.ts';

export interface PlanGoalOptions
  extends Pick<RunOptions, 'repository' | 'workerEntry' | 'version' | 'traffic' | 'drain' | 'stop' | 'onEvent'> {
  goal: string;
  /** The repository's top folder, read by the planner and never written. */
  folder: string;
  model: ModelSettings;
  /** What planning may use. */
  budget?: Budget;
  /** Judges a proposal further, by expanding it; throws FanfoldError when it can't be run. */
  accept: (proposal: TaskFile) => Promise<void>;
}

export interface PlannedGoal {
  taskFile: TaskFile;
  /** What planning has used. */
  usage: Usage;
}

interface Proposal {
  value: unknown;
  usage: Usage;
}

const planningLimitMs = 15 * 60_000;
const wordItDifferently =
  'Word the goal more precisely, choose another --planner-model, or write a task file (`fanfold init`).';

/**
 * FanfoldError `planning-failed` where the planner came to nothing that can be run; `budget-exhausted` where the budget
 * was too little to plan with; what failed of the model or the infrastructure as it is.
 */
export async function planGoal(options: PlanGoalOptions): Promise<PlannedGoal> {
  const first = await propose(options, planningPrompt(options.goal), noUsage());
  const judged = await judge(first.value, options);
  if (judged.accepted) return { taskFile: judged.taskFile, usage: first.usage };
  const second = await propose(options, repairPrompt(options.goal, first.value, judged.problem), first.usage);
  const repaired = await judge(second.value, options);
  if (repaired.accepted) return { taskFile: repaired.taskFile, usage: addUsage(first.usage, second.usage) };
  throw new FanfoldError({
    code: 'planning-failed',
    message: `The model's plan is not valid, even after one repair: ${repaired.problem.message}`,
    next: wordItDifferently,
    data: { proposal: second.value },
    cause: repaired.problem,
  });
}

async function judge(
  proposal: unknown,
  { goal, accept }: PlanGoalOptions,
): Promise<{ accepted: true; taskFile: TaskFile } | { accepted: false; problem: FanfoldError }> {
  try {
    const taskFile = validateTaskFile(withGoal(proposal, goal));
    refusePolicy(taskFile);
    await accept(taskFile);
    return { accepted: true, taskFile };
  } catch (error) {
    if (error instanceof FanfoldError && error.failure !== 'cancelled') return { accepted: false, problem: error };
    throw error;
  }
}

/** The goal is the person's, word for word, whatever the model made of it. */
function withGoal(proposal: unknown, goal: string): unknown {
  return typeof proposal === 'object' && proposal !== null ? { ...proposal, goal } : proposal;
}

/** `used`: of the budget, by proposals before. */
async function propose(options: PlanGoalOptions, prompt: string, used: Usage): Promise<Proposal> {
  const plan = { ...planningRun(options, prompt), ...budgetLeft(options.budget, used) };
  const { end, state, outputs } = await orchestrate({ ...options, plan, threads: 1 });
  if (outputs.has('plan')) return { value: outputs.get('plan'), usage: end.usage };
  const error = state.subtasks['plan']?.error ?? end.error;
  if (error !== undefined) throw planningError(error, end.exitCode);
  throw new FanfoldError({
    code: 'cancelled',
    message: 'Planning was interrupted.',
    next: 'Run the command again.',
    failure: 'cancelled',
  });
}

/** In the words of who gave a goal: there is no prompt and no run to go on with. */
function planningError(error: ErrorRecord, exitCode: number): FanfoldError {
  if (exitCode === exitCodes.budget) return tooLittle(error.message);
  if (exitCode !== exitCodes.subtasksFailed) return fromErrorRecord(error);
  return new FanfoldError({
    code: 'planning-failed',
    message: `The goal was not planned: ${error.message}`,
    next: wordItDifferently,
    cause: fromErrorRecord(error),
  });
}

/** What a budget leaves to whoever comes after. FanfoldError `budget-exhausted` where that is nothing. */
export function budgetLeft(budget: Budget | undefined, used: Usage): { budget?: Budget } {
  if (budget === undefined) return {};
  const usd = budget.usd === undefined ? undefined : budget.usd - used.usd;
  const tokens = budget.tokens === undefined ? undefined : budget.tokens - totalTokens(used);
  if ((usd !== undefined && usd <= 0) || (tokens !== undefined && tokens <= 0)) {
    throw tooLittle('Planning has used all of the budget.');
  }
  return {
    budget: { ...budget, ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) },
  };
}

function tooLittle(message: string): FanfoldError {
  return new FanfoldError({
    code: 'budget-exhausted',
    message,
    next: 'Run it again with a higher limit (--usd, --tokens, --minutes): planning counts too.',
  });
}

/** A run of one agent that reads the folder in place. */
function planningRun({ goal, model }: PlanGoalOptions, prompt: string): Plan {
  return {
    name: 'plan',
    purpose: 'planning',
    goal,
    base: 'HEAD',
    into: 'fanfold/plan',
    environment: {},
    checks: [],
    subtasks: [
      {
        id: 'plan',
        title: 'Plan the goal',
        needs: [],
        executor: { kind: 'prompt', prompt },
        writes: [],
        environment: {},
        workspace: 'none',
        retries: 2,
        timeoutMs: planningLimitMs,
        permissions: { mode: 'plan', allow: [], ask: [], deny: [] },
        model,
        checks: [],
        output: { schema: taskFileJsonSchema() },
      },
    ],
  };
}
