import type { RunEnd, RunStatus, SubtaskCounts } from '../../tasks/index.ts';
import { subtaskCounts } from '../../tasks/index.ts';
import { writeReports } from '../reporting/write-reports.ts';
import type { Ending } from './ending.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { OpenRun } from './open-run.ts';
import type { Stages } from './stages.ts';

export interface Conclusion {
  run: OpenRun;
  stages: Stages;
  ending: Ending;
  /** performance.now() of the start. */
  startedAt: number;
}

/** The last event and the reports. What was never started counts as cancelled, so that the counts add up. */
export async function conclude({ run, stages, ending, startedAt }: Conclusion): Promise<RunEnd> {
  const { log, mergeQueue } = stages;
  const counts = withLeftovers(subtaskCounts(log.state));
  const exitCode = ending.kind === 'settled' ? exitCodeOf(log.state, counts, ending.gateFailed) : ending.exitCode;
  const landedInGit = mergeQueue !== undefined && mergeQueue.tip() !== run.target?.base;
  log.emit({
    type: 'run-end',
    status: statusOf(ending, exitCode),
    exitCode,
    subtasks: counts,
    ...(landedInGit && run.target !== undefined ? { commit: mergeQueue.tip(), branch: run.target.branch } : {}),
    usage: log.state.usage,
    durationMs: Math.round(performance.now() - startedAt),
    denials: log.state.denials,
    folder: run.folder.root,
    ...(ending.kind === 'settled' || ending.error === undefined ? {} : { error: ending.error }),
  });
  // A run that ended because of its journal must still end: the view and the exit code tell.
  if (ending.kind !== 'stopped') await log.flush();
  else await log.flush().catch(() => {});
  await writeReports(log.state, run.folder.root);
  const { end } = log.state;
  if (end === undefined) throw new TypeError('the run-end event did not reach the state');
  return end;
}

function withLeftovers(counts: SubtaskCounts): SubtaskCounts {
  const { total, landed, unchanged, cached, failed, conflicted } = counts;
  return { ...counts, cancelled: total - landed - unchanged - cached - failed - conflicted };
}

function statusOf(ending: Ending, exitCode: number): RunStatus {
  if (ending.kind === 'drained') return ending.error === undefined ? 'interrupted' : 'failed';
  if (ending.kind === 'stopped') return ending.status;
  return exitCode === exitCodes.success ? 'succeeded' : 'failed';
}
