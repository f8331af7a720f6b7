import { findRun, listRuns, runFolder } from '../../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../../tasks/index.ts';
import { formatRunList } from '../../reporting/format-run-list.ts';
import { formatStatus } from '../../reporting/format-status.ts';
import type { Report } from '../../reporting/report.ts';
import { toReport } from '../../reporting/to-report.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import { withClaims } from '../../run/with-claims.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { showScores } from '../run-scores.ts';
import { screenSettings } from '../screen-settings.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace, type Workplace } from '../workplace.ts';

export interface StatusArguments {
  run: string[] | undefined;
  repo: string | undefined;
  json: boolean;
  scores: boolean;
}

/** What is piped should not be cut: ids are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold status`: the runs there are, newest first, or one of them. */
export const status: CommandHandler<StatusArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const { run: runs = [], json } = options;
  if (options.scores) return showScores({ runs, json }, context, workplace);
  const [run, another] = runs;
  if (another !== undefined) throw tooMany(runs);
  return run === undefined ? showRuns(options, context, workplace) : showRun(run, options, context, workplace);
};

async function showRun(
  name: string,
  options: StatusArguments,
  context: CommandContext,
  { state: folders }: Workplace,
): Promise<number> {
  const run = await findRun(folders, name);
  const { state, pid, workedMs } = await loadRunState(run);
  if (pid !== undefined) await withClaims(run, state);
  const report = { ...toReport(state, run.root), durationMs: workedMs };
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
      const { state, pid, workedMs } = await loadRunState(folder);
      runs.push({ ...toReport(state, folder.root), durationMs: workedMs, atWork: pid !== undefined });
    } catch (error) {
      context.stderr.write(`fanfold: ${id} can't be read: ${messageOf(error)}\n`);
    }
  }
  if (options.json) context.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
  else {
    const atWork = ({ paused }: Report) => (paused ? ('paused' as const) : ('running' as const));
    const rows = runs.map((run) => ({ ...run, status: run.atWork ? atWork(run) : run.status }));
    context.stdout.write(`${formatRunList(rows, screenSettings(context.stdout, context, columnsOfPipes))}\n`);
  }
  return 0;
}

function tooMany(runs: readonly string[]): FanfoldError {
  return new FanfoldError({
    code: 'usage',
    message: `fanfold status shows one run, and ${runs.length} were named: ${runs.join(', ')}.`,
    next: 'Name one of them, or add --scores for what checks said in all of them.',
  });
}
