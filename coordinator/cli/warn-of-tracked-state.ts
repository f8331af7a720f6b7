import { trackedState, trackedStateError } from '../../ipc/index.ts';
import type { CommandContext } from './command-context.ts';
import type { Workplace } from './workplace.ts';

/** For commands that execute nothing of what lies in `.fanfold/`: it is shown, but should not be believed. */
export async function warnOfTrackedState({ repository }: Workplace, { stderr }: CommandContext): Promise<void> {
  const path = await trackedState(repository);
  if (path === undefined || repository === undefined) return;
  const { message, next } = trackedStateError(path, repository.top);
  stderr.write(`fanfold: ${message}\nnext: ${next}\n`);
}
