import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Control, type MailMessage, openMailbox, type RunFolder, recipients } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import { coordinatorOf } from '../run/coordinator-lock.ts';
import { notAtWork } from './find-run-at-work.ts';

const patienceMs = 15_000;
const lookAgainMs = 100;

/** Give an order to a run's coordinator, and wait until it has taken it. Returns why it refuses, if it does. */
export function sendOrder(run: RunFolder, control: Control): Promise<string | undefined> {
  return send(run, 'control', control.action, control);
}

/** Hand a message for an agent to the run's coordinator, which passes it on, and wait until it has; else as sendOrder. */
export function sendMessage(run: RunFolder, message: MailMessage): Promise<string | undefined> {
  return send(run, 'message', 'message', message);
}

async function send(
  run: RunFolder,
  kind: 'control' | 'message',
  name: string,
  body: Control | MailMessage,
): Promise<string | undefined> {
  await using mailbox = openMailbox(run.mailbox);
  const id = `${name}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const to = recipients.coordinator;
  await mailbox.publish(to, { version: 1, id, kind, from: `person-${process.pid}`, to, body });
  const deadline = performance.now() + patienceMs;
  let bareLooks = 10;
  for (;;) {
    const entry = (await mailbox.read(to, id))?.entry;
    if (entry?.state === 'done') return undefined;
    if (entry?.state === 'dead') {
      // The details are written right after the message is moved.
      if (entry.reason !== 'rejected' || bareLooks === 0)
        return entry.reason?.replace(/^rejected: /, '') ?? 'no reason was given';
      bareLooks -= 1;
    }
    if ((await coordinatorOf(run.lock)) === undefined) throw notAtWork(run.id);
    if (performance.now() > deadline) {
      throw new FanfoldError({
        code: 'run-locked',
        message: `The coordinator of ${run.id} did not take the ${name} within ${patienceMs / 1_000} s.`,
        next: 'It may be suspended: it takes it when it goes on. Look at it with `fanfold status`.',
      });
    }
    await sleep(lookAgainMs);
  }
}
