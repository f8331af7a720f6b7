import { type RunFolder, readJournal } from '../../ipc/index.ts';
import { initialRunState, type Plan, type RunState, reduceRun } from '../../tasks/index.ts';
import { coordinatorOf } from './coordinator-lock.ts';

/** What a run came to so far, by its journal alone, and whether a coordinator is at work on it. */
export async function loadRunState(
  run: RunFolder,
): Promise<{ state: RunState; plan: Plan | undefined; pid: number | undefined }> {
  let state = initialRunState();
  let plan: Plan | undefined;
  for await (const event of readJournal(run.journal)) {
    state = reduceRun(state, event);
    if (event.type === 'plan-end') plan = event.plan;
  }
  return { state, plan, pid: await coordinatorOf(run.lock) };
}
