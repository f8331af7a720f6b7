import { findRun, listRuns, type RunFolder, runFolder, type StateFolder } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { coordinatorOf } from '../run/coordinator-lock.ts';

/** The run that is meant, or the newest one at work. FanfoldError `run-not-found` when it is not at work. */
export async function findRunAtWork(state: StateFolder, wanted: string | undefined): Promise<RunFolder> {
  if (wanted !== undefined) {
    const run = await findRun(state, wanted);
    if ((await coordinatorOf(run.lock)) !== undefined) return run;
    throw notAtWork(run.id);
  }
  for (const id of await listRuns(state)) {
    const run = runFolder(state, id);
    if ((await coordinatorOf(run.lock)) !== undefined) return run;
  }
  throw new FanfoldError({
    code: 'run-not-found',
    message: `No run below ${state.runs} is at work.`,
    next: 'Start one with `fanfold run`, or go on with an earlier one: `fanfold resume`.',
  });
}

/** For a run that nobody coordinates. */
export function notAtWork(run: string): FanfoldError {
  return new FanfoldError({
    code: 'run-not-found',
    message: `The run ${run} is not at work.`,
    next: `See how it ended with \`fanfold status ${run}\`, or go on with it: \`fanfold resume ${run}\`.`,
  });
}
