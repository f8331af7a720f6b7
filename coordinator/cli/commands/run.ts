import { join } from 'node:path';
import type { FanfoldEvent, Plan } from '../../../tasks/index.ts';
import { formatPlan } from '../../reporting/format-plan.ts';
import { formatReport } from '../../reporting/format-report.ts';
import { toReport } from '../../reporting/to-report.ts';
import type { View } from '../../reporting/view.ts';
import { orchestrate } from '../../run/orchestrate.ts';
import type { CommandContext } from '../command-context.ts';
import type { RunArguments } from '../command-options.ts';
import { confirm, requirePerson } from '../confirm.ts';
import { catchInterrupts, type Interrupts } from '../interrupts.ts';
import { targetOf } from '../load-plan.ts';
import { makePlan } from '../make-plan.ts';
import { preflight } from '../preflight.ts';
import { screenSettings } from '../screen-settings.ts';
import { chooseView } from '../view.ts';
import { findWorkplace, type Workplace } from '../workplace.ts';

/** `fanfold run`: plan, judge, run, report. */
export async function run(args: RunArguments, context: CommandContext): Promise<number> {
  const view = chooseView(args.json, context);
  const interrupts = catchInterrupts(() => {
    const words = 'Finishing what is at hand; press Ctrl-C again to stop now.';
    if (args.json) context.stderr.write(`fanfold: ${words}\n`);
    else view.say(words);
  });
  try {
    if (targetOf(args.target, context.folder).kind === 'goal' && !args.yes && !args.dryRun) requirePerson(context);
    const workplace = await findWorkplace(args.repo, context.folder);
    const { plan, planned } = await makePlan(args, workplace, context, interrupts);
    await preflight(plan, workplace.folder, context.environment);
    if (args.dryRun) return showPlan(plan, args.json, context);
    if (planned && !args.yes) {
      context.stderr.write(`${formatPlan(plan, screenSettings(context.stderr, context))}\n\n`);
      await confirm(`Run these ${plan.subtasks.length} subtasks?`, context, interrupts.drain);
    }
    return await runPlan(plan, args, context, { workplace, view, interrupts });
  } finally {
    interrupts.release();
  }
}

interface Surroundings {
  workplace: Workplace;
  view: View;
  interrupts: Interrupts;
}

async function runPlan(
  plan: Plan,
  args: RunArguments,
  context: CommandContext,
  { workplace, view, interrupts: { drain, stop } }: Surroundings,
): Promise<number> {
  try {
    const { end, state, outputs } = await orchestrate({
      plan,
      folder: workplace.folder,
      repository: workplace.repository,
      ...(context.threadPool === undefined ? {} : { threadPool: context.threadPool }),
      workerEntry: context.workerEntry,
      version: context.version,
      ...(args.concurrency === undefined ? {} : { concurrency: args.concurrency }),
      ...(args.threads === undefined ? {} : { threads: args.threads }),
      drain,
      stop,
      onEvent: (event: FanfoldEvent) => view.show(event),
    });
    await view.close();
    if (!args.json) {
      context.stdout.write(`${formatReport(toReport(state, end.folder), screenSettings(context.stdout, context))}\n`);
      if (outputs.size > 0) context.stdout.write(`Results  ${join(end.folder, 'results.jsonl')}\n`);
    }
    return end.exitCode;
  } finally {
    await view.close();
  }
}

/** A plan on standard output, as a table or as JSON. */
export function showPlan(plan: Plan, json: boolean, context: CommandContext): number {
  const text = json ? JSON.stringify(plan, undefined, 2) : formatPlan(plan, screenSettings(context.stdout, context));
  context.stdout.write(`${text}\n`);
  return 0;
}
