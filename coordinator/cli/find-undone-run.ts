import {
  findRun,
  isSealed,
  listRuns,
  type RunFolder,
  requireSeal,
  runFolder,
  type StateFolder,
} from '../../ipc/index.ts';
import { FanfoldError, messageOf } from '../../tasks/index.ts';
import { coordinatorOf } from '../run/coordinator-lock.ts';
import { type PastRun, readPastRun, undoneOf } from '../run/past-run.ts';

export interface UndoneRun {
  run: RunFolder;
  past: PastRun;
}

/**
 * The run that is meant, or the newest one of this user's with something left to do. FanfoldError when it is at work,
 * can't go on, or is not known to be this user's; `trust` lets such a one pass when it is named.
 */
export async function findUndoneRun(
  state: StateFolder,
  name: string | undefined,
  how: { failed: boolean; trust: boolean },
): Promise<UndoneRun> {
  return name === undefined ? newestUndone(state, how) : namedRun(state, name, how);
}

async function namedRun(state: StateFolder, name: string, { trust }: { trust: boolean }): Promise<UndoneRun> {
  const run = await findRun(state, name);
  await refuseAtWork(run);
  if (!trust) requireSeal(run, 'fanfold resume');
  return { run, past: await readPastRun(run) };
}

/** Nobody should have to look up the id of the run that has just died. */
async function newestUndone(state: StateFolder, how: { failed: boolean }): Promise<UndoneRun> {
  const skipped: string[] = [];
  for (const id of await listRuns(state)) {
    const run = runFolder(state, id);
    if ((await coordinatorOf(run.lock)) !== undefined) {
      skipped.push(`${id} is at work`);
      continue;
    }
    if (!isSealed(run)) {
      skipped.push(`nothing shows that ${id} is yours; if it is: fanfold resume ${id} --trust`);
      continue;
    }
    try {
      const past = await readPastRun(run);
      if (past.state.end === undefined || undoneOf(past, how).undone > 0) return { run, past };
      skipped.push(`${id} has nothing left to do`);
    } catch (error) {
      skipped.push(messageOf(error));
    }
  }
  const [newest] = skipped;
  throw new FanfoldError({
    code: 'run-not-resumable',
    message: `There is no run to go on with below ${state.runs}${newest === undefined ? '' : ` (${newest})`}.`,
    next: how.failed
      ? 'Start one with `fanfold run`.'
      : 'Try again what failed with --failed, or start a run with `fanfold run`: finished work is reused.',
  });
}

async function refuseAtWork(run: RunFolder): Promise<void> {
  const pid = await coordinatorOf(run.lock);
  if (pid === undefined) return;
  throw new FanfoldError({
    code: 'run-locked',
    message: `The run ${run.id} is at work already (process ${pid}).`,
    next: `Watch it with \`fanfold logs ${run.id} --follow\`, or end it with \`fanfold cancel ${run.id}\`.`,
  });
}
