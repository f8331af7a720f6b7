import { findRun, listRuns, runFolder } from '../../../ipc/index.ts';
import { formatRunList } from '../../reporting/format-run-list.ts';
import { formatStatus } from '../../reporting/format-status.ts';
import { terminalSettings } from '../../reporting/terminal-settings.ts';
import { toReport } from '../../reporting/to-report.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { findWorkplace, type Workplace } from '../workplace.ts';

export interface StatusArguments {
  run: string | undefined;
  repo: string | undefined;
  json: boolean;
}

/** `fanfold status`: the runs there are, newest first, or one of them. */
export const status: CommandHandler<StatusArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  return options.run === undefined ? showRuns(options, context, workplace) : showRun(options, context, workplace);
};

async function showRun(options: StatusArguments, context: CommandContext, { state: folders }: Workplace): Promise<number> {
  const run = await findRun(folders, options.run);
  const { state, pid } = await loadRunState(run);
  if (options.json) {
    const report = { ...toReport(state, run.root), atWork: pid !== undefined };
    context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  } else {
    const { color } = terminalSettings(context.stdout, context.environment);
    context.stdout.write(`${formatStatus(state, { color, atWork: pid !== undefined, folder: run.root })}\n`);
  }
  return 0;
}

async function showRuns(options: StatusArguments, context: CommandContext, { state: folders }: Workplace): Promise<number> {
  const rows = [];
  for (const id of await listRuns(folders)) {
    const { state, pid } = await loadRunState(runFolder(folders, id));
    rows.push({ id, state, atWork: pid !== undefined });
  }
  if (options.json) {
    const reports = rows.map(({ id, state, atWork }) => ({ ...toReport(state, runFolder(folders, id).root), atWork }));
    context.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
  } else {
    const { color } = terminalSettings(context.stdout, context.environment);
    context.stdout.write(rows.length === 0 ? `No runs yet below ${folders.runs}.\n` : `${formatRunList(rows, { color })}\n`);
  }
  return 0;
}
