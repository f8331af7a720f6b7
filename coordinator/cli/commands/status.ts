import { findRun, listRuns, runFolder } from '../../../ipc/index.ts';
import { messageOf } from '../../../tasks/index.ts';
import { formatRunList } from '../../reporting/format-run-list.ts';
import { formatStatus } from '../../reporting/format-status.ts';
import { toReport } from '../../reporting/to-report.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { screenSettings } from '../screen-settings.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace, type Workplace } from '../workplace.ts';

export interface StatusArguments {
  run: string | undefined;
  repo: string | undefined;
  json: boolean;
}

/** What is piped should not be cut: ids are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold status`: the runs there are, newest first, or one of them. */
export const status: CommandHandler<StatusArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  return options.run === undefined ? showRuns(options, context, workplace) : showRun(options, context, workplace);
};

async function showRun(
  options: StatusArguments,
  context: CommandContext,
  { state: folders }: Workplace,
): Promise<number> {
  const run = await findRun(folders, options.run);
  const { state, pid } = await loadRunState(run);
  const report = toReport(state, run.root);
  const running = pid !== undefined;
  if (options.json) context.stdout.write(`${JSON.stringify({ ...report, atWork: running }, undefined, 2)}\n`);
  else
    context.stdout.write(
      `${formatStatus(report, { ...screenSettings(context.stdout, context, columnsOfPipes), running })}\n`,
    );
  return 0;
}

async function showRuns(
  options: StatusArguments,
  context: CommandContext,
  { state: folders }: Workplace,
): Promise<number> {
  const runs = [];
  for (const id of await listRuns(folders)) {
    const folder = runFolder(folders, id);
    try {
      const { state, pid } = await loadRunState(folder);
      runs.push({ ...toReport(state, folder.root), atWork: pid !== undefined });
    } catch (error) {
      context.stderr.write(`fanfold: ${id} can't be read: ${messageOf(error)}\n`);
    }
  }
  if (options.json) context.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
  else {
    const rows = runs.map((run) => ({ ...run, status: run.atWork ? ('running' as const) : run.status }));
    context.stdout.write(`${formatRunList(rows, screenSettings(context.stdout, context, columnsOfPipes))}\n`);
  }
  return 0;
}
