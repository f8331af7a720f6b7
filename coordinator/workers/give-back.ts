import { assignmentSchema, type Mailbox, recipients, workBoxes } from '../../ipc/index.ts';

/** How a worker thread was lost: `silent` is one that was ended because it did not answer any more. */
export interface ThreadLoss {
  reason: string;
  silent: boolean;
}

/**
 * Give back what a lost worker held. A codemod that keeps its thread from answering would do so again in every thread,
 * and a thread inside a codemod can't be ended before the process: where it is plain which one it is, it is buried.
 */
export async function giveBackClaims(
  mailbox: Mailbox,
  worker: string,
  loss: ThreadLoss,
  boxes: readonly string[] = workBoxes(0),
): Promise<void> {
  if (loss.silent) await buryBlocker(mailbox, worker, loss.reason);
  for (const box of boxes) await mailbox.reapWorker(box, worker);
}

/** Of all that a worker does, only codemods work without letting it answer meanwhile. */
async function buryBlocker(mailbox: Mailbox, worker: string, reason: string): Promise<void> {
  const held = (await mailbox.list(recipients.workers, ['claimed'])).filter((entry) => entry.worker === worker);
  const found = await Promise.all(held.map(({ id }) => mailbox.read(recipients.workers, id)));
  const codemods = found.flatMap((message) => {
    const parsed = assignmentSchema.safeParse(message?.envelope?.body);
    return parsed.success && parsed.data.subtask.executor.kind === 'codemod' && message?.envelope !== undefined
      ? [{ ...message.entry, envelope: message.envelope }]
      : [];
  });
  const [blocker, another] = codemods;
  if (blocker === undefined || another !== undefined) return;
  const { recipient, envelope, epoch, name } = blocker;
  const claim = { recipient, envelope, epoch, name, worker };
  await mailbox.fail(claim, { retry: false, reason: `a rule took too long in one file: ${reason}` });
}
