import { setTimeout as sleep } from 'node:timers/promises';
import { followJournal, type RunFolder } from '../../../ipc/index.ts';
import { FanfoldError, type SubtaskEnd } from '../../../tasks/index.ts';
import { coordinatorOf } from '../../run/coordinator-lock.ts';
import { loadRunState } from '../../run/load-run-state.ts';
import type { CommandContext, CommandHandler } from '../command-context.ts';
import { findRunAtWork } from '../find-run-at-work.ts';
import { sendOrder } from '../send-order.ts';
import { warnOfTrackedState } from '../warn-of-tracked-state.ts';
import { findWorkplace } from '../workplace.ts';

export interface CancelArguments {
  run: string | undefined;
  subtask: string | undefined;
  repo: string | undefined;
}

const patienceMs = 30_000;
const reason = 'asked by fanfold cancel';

/** `fanfold cancel`: ask the run's coordinator, by its mailbox, to end now, or to end one subtask, and wait until then. */
export const cancel: CommandHandler<CancelArguments> = async (options, context) => {
  const workplace = await findWorkplace(options.repo, context.folder);
  await warnOfTrackedState(workplace, context);
  const run = await findRunAtWork(workplace.state, options.run);
  return options.subtask === undefined ? cancelRun(run, context) : cancelSubtask(run, options.subtask, context);
};

async function cancelRun(run: RunFolder, context: CommandContext): Promise<number> {
  await sendOrder(run, { action: 'cancel', reason });
  context.stderr.write(`Asked ${run.id} to end.\n`);
  const deadline = performance.now() + patienceMs;
  while ((await coordinatorOf(run.lock)) !== undefined) {
    if (performance.now() > deadline) throw notEnded(run.id, run);
    await sleep(100);
  }
  context.stdout.write(`${run.id} has ended.\n`);
  return 0;
}

/** Exit code 1 when the subtask ended in another way, before the order came. */
async function cancelSubtask(run: RunFolder, subtask: string, context: CommandContext): Promise<number> {
  const { state } = await loadRunState(run);
  const known = Object.keys(state.subtasks);
  if (!known.includes(subtask)) {
    throw new FanfoldError({
      code: 'usage',
      message: `The run ${run.id} has no subtask ${JSON.stringify(subtask)}.`,
      next: `Name one of: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}.`,
    });
  }
  await sendOrder(run, { action: 'cancel', reason, subtask });
  const { status } = await endOf(run, subtask);
  context.stdout.write(
    status === 'cancelled'
      ? `${subtask} is cancelled.\n`
      : `${subtask} was not cancelled: it has ended as ${status}.\n`,
  );
  return status === 'cancelled' ? 0 : 1;
}

async function endOf(run: RunFolder, subtask: string): Promise<SubtaskEnd> {
  let ended: SubtaskEnd | undefined;
  for await (const event of followJournal(run.journal, AbortSignal.timeout(patienceMs))) {
    if (event.type === 'subtask-end' && event.subtask === subtask) ended = event;
    if (ended !== undefined || event.type === 'run-end') break;
  }
  if (ended !== undefined) return ended;
  throw notEnded(subtask, run);
}

function notEnded(what: string, run: RunFolder): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `${what} did not end within ${patienceMs / 1_000} s.`,
    next: `The order stands; \`fanfold status ${run.id}\` shows how far it is, and the process id of its coordinator.`,
  });
}
