import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FanfoldError, messageOf, type TaskFile } from '../../../tasks/index.ts';
import type { CommandContext } from '../command-context.ts';
import type { PlanArguments } from '../command-options.ts';
import { catchInterrupts } from '../interrupts.ts';
import { makePlan } from '../make-plan.ts';
import { modelTraffic } from '../model-traffic.ts';
import { findWorkplace } from '../workplace.ts';
import { showPlan } from './run.ts';

/** `fanfold plan`: show what would run; with --out, keep the task file that a goal became. */
export async function plan(
  args: PlanArguments & { out: string | undefined },
  context: CommandContext,
): Promise<number> {
  const interrupts = catchInterrupts(() => {});
  try {
    const workplace = await findWorkplace(args.repo, context.folder);
    const record = args.record === undefined ? undefined : resolve(context.folder, args.record);
    const traffic = await modelTraffic({ record, version: context.version, goOn: false });
    const made = await makePlan(args, workplace, context, { interrupts, traffic });
    if (record !== undefined && !made.planned) throw nothingToRecord();
    if (args.out !== undefined) await save(made.taskFile, resolve(context.folder, args.out), context);
    return showPlan(made.plan, args.json, context);
  } finally {
    interrupts.release();
  }
}

function nothingToRecord(): FanfoldError {
  return new FanfoldError({
    code: 'usage',
    message: '--record of `plan` records the planning of a goal, and a task file was named.',
    next: 'Record its run: fanfold run <file> --record FILE.',
  });
}

async function save(taskFile: TaskFile | undefined, path: string, { stderr }: CommandContext): Promise<void> {
  if (taskFile === undefined) {
    throw new FanfoldError({
      code: 'usage',
      message: '--out saves the plan of a goal, and a task file was named.',
      next: 'Leave --out away, or copy the file.',
    });
  }
  const { stringify } = await import('yaml');
  try {
    await writeFile(path, stringify(taskFile, { lineWidth: 110 }), { flag: 'wx' });
  } catch (cause) {
    throw new FanfoldError({
      code: 'usage',
      message: `The plan can't be saved as ${path}: ${messageOf(cause)}`,
      next: 'Name a new file in a folder that exists.',
      cause,
    });
  }
  stderr.write(`Saved as ${path}. Read it, then: fanfold run ${path}\n`);
}
