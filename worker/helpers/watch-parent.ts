/**
 * Ends a helper with the agent that asked for it. Called by serve-helpers.ts. Promise: the signal aborts at once when the
 * agent's process says that it does not want the helper any more or is gone, and within some seconds when its lease is
 * lost or its attempt has ended.
 */
import { type HelperFolder, type HelperRequest, isProcessGone, type Mailbox } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import type { HelperBell } from './helper-bell.ts';
import { isWithdrawn } from './helper-files.ts';

export interface ParentWatch extends Disposable {
  readonly signal: AbortSignal;
}

export interface WatchParentOptions {
  request: HelperRequest;
  /** Of its envelope. */
  id: string;
  folder: HelperFolder;
  mailbox: Mailbox;
  bell: HelperBell;
}

const lookAgainMs = 500;
/** The mailbox is looked into less often, since that takes a walk through its folders. */
const looksPerMailbox = 4;

/** Whether the agent that asks still is at work under the claim by which it asked. */
export async function isAtWork({ parent }: HelperRequest, mailbox: Mailbox): Promise<boolean> {
  const found = await mailbox.read(parent.recipient, parent.id);
  return found?.entry.state === 'claimed' && found.entry.epoch === parent.epoch;
}

export function watchParent({ request, id, folder, mailbox, bell }: WatchParentOptions): ParentWatch {
  const over = new AbortController();
  const closed = new AbortController();

  async function isWanted(look: number): Promise<boolean> {
    if (isWithdrawn(folder, id) || isProcessGone(request.process)) return false;
    return look % looksPerMailbox !== 0 || isAtWork(request, mailbox);
  }

  async function watch(): Promise<void> {
    for (let look = 1; !closed.signal.aborted; look += 1) {
      // A mailbox that can't be read is found out by those who work with it.
      if (!(await isWanted(look).catch(() => true))) return over.abort(parentGone(request));
      await bell.wait(id, lookAgainMs, closed.signal);
    }
  }

  void watch();
  return { signal: over.signal, [Symbol.dispose]: () => closed.abort() };
}

export function parentGone({ helper }: HelperRequest): FanfoldError {
  return new FanfoldError({
    code: 'cancelled',
    message: `Nobody waits for helper ${helper} any more: the agent that asked for it has ended.`,
    next: 'Nothing is to be done.',
    failure: 'cancelled',
  });
}
