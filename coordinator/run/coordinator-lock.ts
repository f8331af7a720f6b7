/**
 * One coordinator per run. proper-lockfile's take-over of a stale lock is not atomic (two holders were seen), so the
 * holder also writes an epoch under the lock and must find it again; who doesn't is not the holder.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import lockfile from 'proper-lockfile';
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
  await writeFile(path, JSON.stringify({ epoch, pid: process.pid }), { mode: 0o600 });
  // Time for a second holder of the same stale lock to show itself is given by the work before the first publish.
  const written = await readFile(path, 'utf8');
  if (!written.includes(epoch)) {
    await release().catch(() => {});
    throw lockedError(path, undefined);
  }
  return {
    lost: lost.signal,
    [Symbol.asyncDispose]: () => release().catch(() => {}),
  };
}

/** The process that coordinates the run now, or undefined when nobody does. */
export async function coordinatorOf(path: string): Promise<number | undefined> {
  const held = await lockfile.check(path, { stale: 15_000 }).catch(() => false);
  if (!held) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(/"pid":(\d+)/.exec(text)?.[1]);
  return Number.isInteger(pid) && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function lockedError(path: string, cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `Another coordinator is at work on this run (${path}).`,
    next: 'Wait for it to end, or end it with `fanfold cancel`.',
    cause,
  });
}
