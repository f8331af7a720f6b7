import { createFileMailbox, findRun, recipients } from '../../../ipc/index.ts';
import { FanfoldError } from '../../../tasks/index.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import type { CommandHandler } from '../command-context.ts';
import { findWorkplace } from '../workplace.ts';

/** `fanfold cancel`: ask the run's coordinator, by its mailbox, to end now, and wait until it has. */
export const cancel: CommandHandler<{ run: string; repo: string | undefined }> = async (options, context) => {
  const { state } = await findWorkplace(options.repo, context.folder);
  const run = await findRun(state, options.run);
  if ((await coordinatorOf(run.lock)) === undefined) {
    throw new FanfoldError({
      code: 'run-not-found',
      message: `The run ${run.id} is not at work.`,
      next: `See how it ended with \`fanfold status ${run.id}\`.`,
    });
  }
  await using mailbox = createFileMailbox({ folder: run.mailbox });
  await mailbox.publish(recipients.coordinator, {
    version: 1,
    id: `cancel-${process.pid}-${Date.now()}`,
    kind: 'control',
    from: `cancel-${process.pid}`,
    to: recipients.coordinator,
    body: { action: 'cancel', reason: 'asked by fanfold cancel' },
  });
  context.stderr.write(`Asked ${run.id} to end.\n`);
  const deadline = Date.now() + 30_000;
  while ((await coordinatorOf(run.lock)) !== undefined) {
    if (Date.now() > deadline) {
      throw new FanfoldError({
        code: 'run-locked',
        message: `${run.id} did not end within 30 s.`,
        next: `End its process yourself; \`fanfold status ${run.id}\` shows the process id.`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  context.stdout.write(`${run.id} has ended.\n`);
  return 0;
};
