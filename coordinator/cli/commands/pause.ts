import type { CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { sendOrder } from '../send-order.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace } from '../workplace.ts';

export interface PauseArguments {
  run: string | undefined;
  repo: string | undefined;
}

/** `fanfold pause`: nothing more of a run is started until `fanfold continue`; what is at hand goes on, and lands. */
export const pause: CommandHandler<PauseArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const run = await findRunAtWork(workplace.state, options.run);
  await sendOrder(run, { action: 'pause' });
  context.stdout.write(
    `${run.id} starts nothing more; what is at hand goes on. Go on with: fanfold continue ${run.id}\n`,
  );
  return 0;
};
