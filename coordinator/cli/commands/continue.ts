import type { CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { sendOrder } from '../send-order.ts';
import { findWorkplace } from '../workplace.ts';
import type { PauseArguments } from './pause.ts';

/** `fanfold continue`: the end of a pause. For a run that has ended there is `fanfold resume`. */
export const continueRun: CommandHandler<PauseArguments> = async (options, context) => {
  const { state } = await findWorkplace(options.repo, context.folder);
  const run = await findRunAtWork(state, options.run);
  await sendOrder(run, { action: 'continue' });
  context.stdout.write(`${run.id} goes on.\n`);
  return 0;
};
