/**
 * One coordinator per run. proper-lockfile's take-over of a stale lock is not atomic (two holders were seen), so the
 * holder also writes an epoch under the lock and must find it again; who doesn't is not the holder.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import lockfile from 'proper-lockfile';
import { isProcessGone, processIdentity } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';

export interface CoordinatorLock extends AsyncDisposable {
  /** Aborts when the lock was taken over: stop all work at once. */
  lost: AbortSignal;
}

export async function takeCoordinatorLock(path: string): Promise<CoordinatorLock> {
  const lost = new AbortController();
  await writeFile(path, '', { flag: 'a', mode: 0o600 });
  const release = await lockfile
    .lock(path, { stale: 15_000, update: 5_000, onCompromised: (error) => lost.abort(error) })
    .catch((cause: unknown) => {
      throw lockedError(path, cause);
    });
  const epoch = randomBytes(8).toString('hex');
  await writeFile(path, JSON.stringify({ epoch, identity: processIdentity() }), { mode: 0o600 });
  // Time for a second holder of the same stale lock to show itself is given by the work before the first publish.
  const written = await readFile(path, 'utf8');
  if (!written.includes(epoch)) {
    await release().catch(() => {});
    throw lockedError(path, undefined);
  }
  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      if (lost.signal.aborted) return;
      await forgetCoordinator(path).catch(() => {});
      await release().catch(() => {});
    },
  };
}

/**
 * The process that coordinates the run, or undefined when nobody does. One that is suspended still does: what counts
 * is that the process lives, not how fresh its lock is.
 */
export async function coordinatorOf(path: string): Promise<number | undefined> {
  const identity = await identityIn(path);
  return identity === undefined || isProcessGone(identity) ? undefined : Number.parseInt(identity, 10);
}

/** True when a coordinator has ended without giving the run back. */
export async function hasCrashed(path: string): Promise<boolean> {
  const identity = await identityIn(path);
  return identity !== undefined && isProcessGone(identity);
}

/** Nobody coordinates the run any more, and what was left has been taken care of. */
export async function forgetCoordinator(path: string): Promise<void> {
  await writeFile(path, '', { mode: 0o600 });
}

async function identityIn(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /"identity":"([0-9.]+)"/.exec(text)?.[1];
}

function lockedError(path: string, cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `Another coordinator is at work on this run (${path}).`,
    next: 'Wait for it to end, or end it with `fanfold cancel`.',
    cause,
  });
}
