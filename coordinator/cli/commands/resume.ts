import { resolve } from 'node:path';
import { type RunFolder, refuseTrackedState } from '../../../ipc/index.ts';
import { type PastRun, undoneOf } from '../../run/past-run.ts';
import type { CommandContext } from '../command-context.ts';
import { type ExecuteArguments, executePlan } from '../execute-plan.ts';
import { findUndoneRun } from '../find-undone-run.ts';
import { catchInterrupts, sayWhatASecondDoes } from '../interrupts.ts';
import { modelTraffic } from '../model-traffic.ts';
import { preflight } from '../preflight.ts';
import { raiseBudget, type SpendingLimits } from '../raise-budget.ts';
import { useServer } from '../use-server.ts';
import { chooseView } from '../view.ts';
import { workplaceOf } from '../workplace.ts';

export interface ResumeArguments extends ExecuteArguments, SpendingLimits {
  run: string | undefined;
  repo: string | undefined;
  failed: boolean;
  trust: boolean;
  /** A file, as it was given. */
  record: string | undefined;
  baseUrl: string | undefined;
}

/** `fanfold resume`: go on with a run that was interrupted, in whatever way. */
export async function resume(args: ResumeArguments, context: CommandContext): Promise<number> {
  const workplace = await workplaceOf(args.repo, context);
  await refuseTrackedState(workplace.repository);
  useServer(args.baseUrl, context.environment);
  const { run, past } = await findUndoneRun(workplace.state, args.run, args);
  const { undone } = undoneOf(past, args);
  if (undone === 0 && past.state.end !== undefined) return nothingLeft(run, past, args, context);
  const plan = raiseBudget(past.plan, args, past.state);
  const record = args.record === undefined ? past.start.record : resolve(context.folder, args.record);
  const traffic = await modelTraffic({ record, version: context.version, goOn: true });
  await preflight(plan, workplace.folder, context.environment, record);
  const view = chooseView(args.json, context);
  const interrupts = catchInterrupts(() => sayWhatASecondDoes(view, args.json, context));
  try {
    if (!args.json)
      context.stderr.write(`Going on with ${run.id}: ${undone} of ${plan.subtasks.length} subtasks to do.\n`);
    return await executePlan(plan, args, context, {
      workplace,
      view,
      interrupts,
      traffic,
      resume: { run, failed: args.failed, ...(plan === past.plan ? {} : { replanned: true }) },
    });
  } finally {
    interrupts.release();
  }
}

function nothingLeft(run: RunFolder, { state }: PastRun, args: ResumeArguments, context: CommandContext): number {
  const { end } = state;
  if (args.json) context.stdout.write(`${JSON.stringify(end)}\n`);
  else {
    const advice = end?.exitCode === 0 ? '' : ' Try again what failed with --failed.';
    context.stdout.write(`Nothing is left to do in ${run.id}: every subtask has ended.${advice}\n`);
  }
  return end?.exitCode ?? 0;
}
