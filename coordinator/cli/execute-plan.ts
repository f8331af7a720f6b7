import { join } from 'node:path';
import type { FanfoldEvent, Plan } from '../../tasks/index.ts';
import { formatReport } from '../reporting/format-report.ts';
import { toReport } from '../reporting/to-report.ts';
import type { View } from '../reporting/view.ts';
import type { ModelTraffic } from '../run/model-traffic.ts';
import { orchestrate } from '../run/orchestrate.ts';
import type { ResumeRequest } from '../run/run-options.ts';
import { type AttendanceArguments, attendanceOf } from './attendance.ts';
import { goOnOf } from './canary-prompt.ts';
import type { CommandContext } from './command-context.ts';
import type { Interrupts } from './interrupts.ts';
import { screenSettings } from './screen-settings.ts';
import { unpricedWarnings } from './unpriced-models.ts';
import type { Workplace } from './workplace.ts';

/** What of the command line concerns how a plan is run. */
export interface ExecuteArguments extends AttendanceArguments {
  concurrency: number | undefined;
  threads: number | undefined;
  /** Seconds. */
  lease?: number | undefined;
  force?: boolean;
  /** Go on after a canary without asking. */
  yes: boolean;
  /** How many subtasks go first. */
  canary?: number | undefined;
  canaryMinimum?: number | undefined;
}

interface Surroundings {
  workplace: Workplace;
  view: View;
  interrupts: Interrupts;
  traffic: ModelTraffic;
  resume?: ResumeRequest;
}

/** Run a plan, or go on with it, under a view; then print the report. Returns the exit code. */
export async function executePlan(
  plan: Plan,
  args: ExecuteArguments,
  context: CommandContext,
  { workplace, view, interrupts: { drain, stop }, traffic, resume }: Surroundings,
): Promise<number> {
  try {
    const attendance = attendanceOf(args, context, view);
    const goOn = goOnOf(args.yes, attendance, { ...context, view });
    const { end, state, outputs } = await orchestrate({
      plan,
      folder: workplace.folder,
      repository: workplace.repository,
      ...(context.threadPool === undefined ? {} : { threadPool: context.threadPool }),
      workerEntry: context.workerEntry,
      version: context.version,
      traffic,
      warnings: unpricedWarnings(plan),
      ...(args.concurrency === undefined ? {} : { concurrency: args.concurrency }),
      ...(args.threads === undefined ? {} : { threads: args.threads }),
      ...(args.lease === undefined ? {} : { leaseMs: args.lease * 1_000 }),
      ...(args.force === true ? { force: true } : {}),
      ...(attendance === undefined ? {} : { attendance }),
      canary: {
        ...(args.canary === undefined ? {} : { subtasks: args.canary }),
        ...(args.canaryMinimum === undefined ? {} : { minimum: args.canaryMinimum }),
        ...(goOn === undefined ? {} : { goOn }),
      },
      ...(resume === undefined ? {} : { resume }),
      drain,
      stop,
      onEvent: (event: FanfoldEvent) => view.show(event),
      onPast: (event: FanfoldEvent) => view.recall(event),
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
