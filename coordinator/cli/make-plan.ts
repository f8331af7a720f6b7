import {
  type Budget,
  type ModelSettings,
  type Plan,
  roleModel,
  type TaskFile,
  type UserModels,
} from '../../tasks/index.ts';
import { budgetLeft, planGoal } from '../planning/plan-goal.ts';
import type { ModelTraffic } from '../run/model-traffic.ts';
import type { CommandContext } from './command-context.ts';
import type { PlanArguments } from './command-options.ts';
import type { Interrupts } from './interrupts.ts';
import { expand, loadPlanFromFile, targetOf } from './load-plan.ts';
import { placedModel } from './model-traffic.ts';
import { preflightModel } from './preflight.ts';
import { limitBudget } from './raise-budget.ts';
import { useServer } from './use-server.ts';
import { userModels } from './user-settings.ts';
import { chooseView } from './view.ts';
import { withArguments } from './with-arguments.ts';
import type { Workplace } from './workplace.ts';

export interface MadePlan {
  plan: Plan;
  /** True when a model made it: then a person should agree before it runs. */
  planned: boolean;
  /** The task file behind a planned goal, to be saved. */
  taskFile?: TaskFile;
}

/** From what was named on the command line to a Plan: a file is expanded, a goal is planned by the model first. */
export async function makePlan(
  given: PlanArguments,
  workplace: Workplace,
  context: CommandContext,
  { interrupts, traffic }: { interrupts: Interrupts; traffic: ModelTraffic },
): Promise<MadePlan> {
  const args = {
    ...given,
    model: placedModel(given.model, context.folder),
    plannerModel: placedModel(given.plannerModel, context.folder),
  };
  useServer(args.baseUrl, context.environment);
  const target = targetOf(args.target, context.folder);
  if (target.kind === 'file') {
    const loaded = await loadPlanFromFile(target.path, args, workplace, interrupts.drain);
    return { plan: limitBudget(loaded, args), planned: false };
  }
  const model = plannerModel(args, await userModels(context.environment, args.baseUrl));
  await preflightModel(model, context.environment, { subject: 'Planning a goal', record: traffic.record });
  const view = chooseView(false, { ...context, stdout: context.stderr });
  try {
    let plan: Plan | undefined;
    const budget = budgetOf(args);
    const { taskFile, usage } = await planGoal({
      goal: target.goal,
      folder: workplace.folder,
      repository: workplace.repository,
      model,
      ...(budget === undefined ? {} : { budget }),
      traffic,
      workerEntry: context.workerEntry,
      version: context.version,
      drain: interrupts.drain,
      stop: interrupts.stop,
      onEvent: (event) => view.show(event),
      async accept(proposal) {
        plan = await expand(withArguments(proposal, args), {
          taskFolder: workplace.folder,
          source: {},
          workplace,
          signal: interrupts.drain,
          modelIsGiven: args.model !== undefined,
          baseIsGiven: args.base !== undefined,
          baseUrl: args.baseUrl,
        });
      },
    });
    if (plan === undefined) throw new TypeError('planGoal resolved without an accepted proposal');
    const left = budgetLeft(budget, usage).budget;
    return { plan: limitBudget(plan, { ...args, ...left }), planned: true, taskFile };
  } finally {
    await view.close();
  }
}

/** Undefined where the command line limits nothing. */
function budgetOf({ usd, tokens, minutes }: PlanArguments): Budget | undefined {
  if (usd === undefined && tokens === undefined && minutes === undefined) return undefined;
  return {
    ...(usd === undefined ? {} : { usd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(minutes === undefined ? {} : { minutes }),
  };
}

/** `--planner-model`, else the planner of the user's settings, else the model of the agents. */
function plannerModel(
  { model: name, plannerModel: planner, baseUrl, effort }: PlanArguments,
  user: UserModels,
): ModelSettings {
  const own = user.roles?.planner;
  const named = planner === undefined ? own : { ...(own?.name === planner ? own : {}), name: planner, baseUrl };
  return roleModel({ model: { name, baseUrl, effort } }, 'planner', {
    ...user,
    roles: { ...user.roles, planner: named },
  });
}
