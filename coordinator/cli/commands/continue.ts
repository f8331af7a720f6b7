import type { CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { sendOrder } from '../send-order.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace } from '../workplace.ts';
import type { PauseArguments } from './pause.ts';

/** `fanfold continue`: the end of a pause. For a run that has ended there is `fanfold resume`. */
export const continueRun: CommandHandler<PauseArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const run = await findRunAtWork(workplace.state, options.run);
  await sendOrder(run, { action: 'continue' });
  context.stdout.write(`${run.id} goes on.\n`);
  return 0;
};
