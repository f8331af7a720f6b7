/**
 * A bare goal becomes a task file: an agent that may only read looks at the repository and submits one. Called by the
 * command line. Promise: what it resolves with was accepted by `accept`, that is, by the same schema and expansion as a
 * file a person wrote; a proposal that was not gets one repair round with the problems.
 */
import {
  FanfoldError,
  fromErrorRecord,
  type ModelSettings,
  type Plan,
  type TaskFile,
  taskFileJsonSchema,
  validateTaskFile,
} from '../../tasks/index.ts';
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
  /** Judges a proposal further, by expanding it; throws FanfoldError when it can't be run. */
  accept: (proposal: TaskFile) => Promise<void>;
}

const planningLimitMs = 15 * 60_000;

export async function planGoal(options: PlanGoalOptions): Promise<TaskFile> {
  const first = await propose(options, planningPrompt(options.goal));
  const judged = await judge(first, options);
  if (judged.accepted) return judged.taskFile;
  const second = await propose(options, repairPrompt(options.goal, first, judged.problem));
  const repaired = await judge(second, options);
  if (repaired.accepted) return repaired.taskFile;
  throw new FanfoldError({
    code: 'planning-failed',
    message: `The model's plan is not valid, even after one repair: ${repaired.problem.message}`,
    next: 'Word the goal more precisely, choose another --model, or write a task file (`fanfold init`).',
    data: { proposal: second },
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

async function propose(options: PlanGoalOptions, prompt: string): Promise<unknown> {
  const { end, state, outputs } = await orchestrate({ ...options, plan: planningRun(options, prompt), threads: 1 });
  if (outputs.has('plan')) return outputs.get('plan');
  const error = state.subtasks['plan']?.error ?? end.error;
  if (error !== undefined) throw fromErrorRecord(error);
  throw new FanfoldError({
    code: 'cancelled',
    message: 'Planning was interrupted.',
    next: 'Run the command again.',
    failure: 'cancelled',
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
