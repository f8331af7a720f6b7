import { type RunFolder, readJournal } from '../../ipc/index.ts';
import { initialRunState, type Plan, type RunState, reduceRun } from '../../tasks/index.ts';
import { coordinatorOf } from './coordinator-lock.ts';
import { measureTimeAtWork } from './time-at-work.ts';

export interface LoadedRun {
  state: RunState;
  plan: Plan | undefined;
  /** Of the coordinator that is at work on it. */
  pid: number | undefined;
  /** How long it has been at work, over all its sessions, ms. */
  workedMs: number;
}

/** What a run came to so far, by its journal alone, and whether a coordinator is at work on it. */
export async function loadRunState(run: RunFolder): Promise<LoadedRun> {
  let state = initialRunState();
  let plan: Plan | undefined;
  const time = measureTimeAtWork();
  for await (const event of readJournal(run.journal)) {
    state = reduceRun(state, event);
    time.see(event);
    if (event.type === 'plan-end') plan = event.plan;
  }
  const pid = await coordinatorOf(run.lock);
  return { state, plan, pid, workedMs: time.total(pid === undefined ? undefined : Date.now()) };
}
