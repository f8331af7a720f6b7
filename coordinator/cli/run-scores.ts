import { findRun, listRuns, runFolder } from '../../ipc/index.ts';
import { messageOf } from '../../tasks/index.ts';
import { formatRunScores, type RunScores } from '../reporting/format-scores.ts';
import { scoresOf } from '../reporting/scores.ts';
import { toReport } from '../reporting/to-report.ts';
import { loadRunState } from '../run/load-run-state.ts';
import type { CommandContext } from './command-context.ts';
import { screenSettings } from './screen-settings.ts';
import type { Workplace } from './workplace.ts';

export interface RunScoresOptions {
  /** Ids or their beginnings; all runs where there are none. */
  runs: readonly string[];
  json: boolean;
}

/** What is piped should not be cut: ids are there to be copied. */
const columnsOfPipes = 200;

/** `fanfold status --scores`: what checks said, the newest run first. */
export async function showScores(
  { runs, json }: RunScoresOptions,
  context: CommandContext,
  { state: folders }: Workplace,
): Promise<number> {
  const all = await listRuns(folders);
  const named = new Set<string>();
  for (const wanted of runs) named.add((await findRun(folders, wanted)).id);
  const found: RunScores[] = [];
  for (const id of runs.length === 0 ? all : all.filter((run) => named.has(run))) {
    const folder = runFolder(folders, id);
    try {
      const { state } = await loadRunState(folder);
      const scores = scoresOf(toReport(state, folder.root));
      const startTime = state.startedAt === undefined ? {} : { startTime: state.startedAt };
      if (scores.length > 0) found.push({ run: id, ...startTime, scores });
    } catch (error) {
      context.stderr.write(`fanfold: ${id} can't be read: ${messageOf(error)}\n`);
    }
  }
  // Names of runs tell the second only.
  found.sort((left, right) => Date.parse(right.startTime ?? '') - Date.parse(left.startTime ?? '') || 0);
  const text = json
    ? JSON.stringify(found, undefined, 2)
    : formatRunScores(found, screenSettings(context.stdout, context, columnsOfPipes));
  context.stdout.write(`${text}\n`);
  return 0;
}
