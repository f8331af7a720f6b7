import { type RunFolder, readJournal } from '../../ipc/index.ts';
import {
  FanfoldError,
  type FanfoldEvent,
  initialResumePoint,
  initialRunState,
  isKnownEvent,
  oneLine,
  type Plan,
  type ResumePoint,
  type RunStart,
  type RunState,
  reduceResumePoint,
  reduceRun,
} from '../../tasks/index.ts';
import { reopenedSubtasks } from './resume-plan.ts';

/** A run as its journal tells it. */
export interface PastRun {
  state: RunState;
  point: ResumePoint;
  start: RunStart;
  plan: Plan;
}

/**
 * FanfoldError `run-not-resumable` when the run ended before it had a plan, or was never more than the planning of a
 * goal; `journal-failed` when a newer version wrote it in words that this one does not know. `onPast` is called with every event.
 */
export async function readPastRun(run: RunFolder, onPast?: (event: FanfoldEvent) => void): Promise<PastRun> {
  const point = initialResumePoint();
  let state = initialRunState();
  for await (const event of readJournal(run.journal)) {
    if (!isKnownEvent(event)) throw unknownEvent(run, event);
    reduceResumePoint(point, event);
    state = reduceRun(state, event);
    onPast?.(event);
  }
  const { start, plan } = point;
  if (start === undefined || plan === undefined) {
    throw notResumable(`The run ${run.id} ended before anything was planned.`, 'Start it again with `fanfold run`.');
  }
  if (plan.purpose === 'planning') {
    throw notResumable(`The run ${run.id} was the planning of a goal.`, 'Run the goal again.');
  }
  return { state, point, start, plan };
}

/** How many subtasks there are to go on with, and which of them are tried again although they had ended. */
export function undoneOf({ plan, point }: PastRun, how: { failed: boolean }): { undone: number; reopened: string[] } {
  const reopened = reopenedSubtasks(plan, point, how);
  const open = plan.subtasks.filter(({ id }) => point.subtasks.get(id)?.final === undefined).length;
  return { undone: open + reopened.length, reopened };
}

/** Unlike a run that can't go on, one that this version does not understand may hold work. */
function unknownEvent({ id, journal }: RunFolder, { type }: { type: string }): FanfoldError {
  return new FanfoldError({
    code: 'journal-failed',
    message: `The run ${id} was written by a newer Fanfold: its journal holds ${JSON.stringify(oneLine(type, 100))}, which this version does not know.`,
    next: 'Resume it with the version that wrote it, or a newer one; `fanfold status` and `fanfold logs` show what is understood.',
    data: { path: journal },
  });
}

function notResumable(message: string, next: string): FanfoldError {
  return new FanfoldError({ code: 'run-not-resumable', message, next });
}
