import { resolve } from 'node:path';
import type { Plan } from '../../../tasks/index.ts';
import { canaryOf } from '../../canary/canary-settings.ts';
import { canaryText } from '../../reporting/canary-lines.ts';
import { formatPlan } from '../../reporting/format-plan.ts';
import type { CommandContext } from '../command-context.ts';
import type { RunArguments } from '../command-options.ts';
import { confirm, requirePerson } from '../confirm.ts';
import { executePlan } from '../execute-plan.ts';
import { catchInterrupts, sayWhatASecondDoes } from '../interrupts.ts';
import { targetOf } from '../load-plan.ts';
import { makePlan } from '../make-plan.ts';
import { modelTraffic } from '../model-traffic.ts';
import { preflight } from '../preflight.ts';
import { raiseSubtaskBudgets } from '../raise-budget.ts';
import { screenSettings } from '../screen-settings.ts';
import { chooseView } from '../view.ts';
import { workplaceOf } from '../workplace.ts';

/** `fanfold run`: plan, judge, run, report. */
export async function run(args: RunArguments, context: CommandContext): Promise<number> {
  const view = chooseView(args.json, context);
  const interrupts = catchInterrupts(() => sayWhatASecondDoes(view, args.json, context));
  try {
    if (targetOf(args.target, context.folder).kind === 'goal' && !args.yes && !args.dryRun) requirePerson(context);
    const workplace = await workplaceOf(args.repo, context);
    const record = args.record === undefined ? undefined : resolve(context.folder, args.record);
    const traffic = await modelTraffic({ record, version: context.version, goOn: false });
    const { plan: made, planned } = await makePlan(args, workplace, context, { interrupts, traffic });
    const plan = raiseSubtaskBudgets(made, args);
    await preflight(plan, workplace.folder, context.environment, record);
    if (args.dryRun) return showPlan(plan, args.json, context, args.canary);
    if (planned && !args.yes) {
      context.stderr.write(`${formatPlan(plan, screenSettings(context.stderr, context))}\n\n`);
      await confirm(`Run these ${plan.subtasks.length} subtasks?`, context, interrupts.drain);
    }
    return await executePlan(plan, args, context, { workplace, view, interrupts, traffic });
  } finally {
    interrupts.release();
  }
}

/** A plan on standard output, as a table or as JSON, and which of its subtasks would go first. */
export function showPlan(plan: Plan, json: boolean, context: CommandContext, canary?: number | undefined): number {
  const text = json ? JSON.stringify(plan, undefined, 2) : formatPlan(plan, screenSettings(context.stdout, context));
  context.stdout.write(`${text}\n`);
  const first = json ? undefined : canaryOf(plan, { ...(canary === undefined ? {} : { subtasks: canary }) }, undefined);
  if (first !== undefined) context.stdout.write(`${canaryText(first)}\n`);
  return 0;
}
