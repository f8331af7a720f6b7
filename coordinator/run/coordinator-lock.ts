/**
 * One coordinator per run. Called by open-run.ts and by whoever clears away what a dead run left. Promise: on one machine
 * there are never two holders. An epoch token decides who holds it, by the life of the holder's process; proper-lockfile
 * beats the heart by which processes that can't be looked for (another container) are judged, and tells of a loss.
 * Its own take-over of a stale lock is not atomic (two holders were seen), so nothing is decided by it alone.
 */
import { readFile, rmdir, stat } from 'node:fs/promises';
import lockfile from 'proper-lockfile';
import { isProcessElsewhere, isProcessGone, processIdentity } from '../../ipc/index.ts';
import { FanfoldError } from '../../tasks/index.ts';
import {
  type EpochToken,
  isStillThere,
  makeToken,
  passedAt,
  passToken,
  readToken,
  removeUnplaced,
} from './epoch-token.ts';

export interface CoordinatorLock extends AsyncDisposable {
  /** Aborts when the lock was taken over: stop all work at once. */
  lost: AbortSignal;
  /** Ask right before what can't be undone: throws FanfoldError `run-locked` when the lock was taken over. */
  verify(): void;
}

const staleMs = 15_000;
const updateMs = 5_000;
/** More contenders than that do not lose the same race one after another. */
const attempts = 100;

/**
 * FanfoldError `run-locked` while the process of another holder lives, be it suspended: never waits for it.
 * `run-not-found` where the run's folder is gone.
 */
export async function takeCoordinatorLock(path: string): Promise<CoordinatorLock> {
  const token = await takeToken(path);
  const lost = new AbortController();
  const stopHeart = await startHeart(path, (error) => lost.abort(error)).catch(async (cause: unknown) => {
    await passToken(token, undefined);
    throw lockedError(path, cause);
  });
  await removeUnplaced(tokenFolder(path));
  return {
    lost: lost.signal,
    verify() {
      if (!lost.signal.aborted && isStillThere(token)) return;
      const error = takenOverError(path);
      lost.abort(error);
      throw error;
    },
    async [Symbol.asyncDispose]() {
      if (!lost.signal.aborted) await stopHeart().catch(() => {});
      await passToken(token, undefined).catch(() => {});
    },
  };
}

/**
 * The process that coordinates the run, or undefined when nobody does. One that is suspended still does: what counts
 * is that the process lives, not how fresh its lock is.
 */
export async function coordinatorOf(path: string): Promise<number | undefined> {
  const seen = await look(path);
  return (await isAtWork(path, seen)) ? Number.parseInt(seen.holder ?? '', 10) : undefined;
}

/** True when a coordinator has ended without giving the run back. */
export async function hasCrashed(path: string): Promise<boolean> {
  const seen = await look(path);
  return seen.holder !== undefined && !(await isAtWork(path, seen));
}

/** Nobody coordinates the run any more, and what was left has been taken care of. Does nothing where somebody does. */
export async function forgetCoordinator(path: string): Promise<void> {
  const seen = await look(path);
  if (seen.holder === undefined || (await isAtWork(path, seen))) return;
  await (seen.token === undefined ? makeToken(tokenFolder(path), undefined) : passToken(seen.token, undefined));
}

interface Seen {
  holder: string | undefined;
  /** Undefined where none was made yet. */
  token: EpochToken | undefined;
}

async function takeToken(path: string): Promise<EpochToken> {
  const identity = processIdentity();
  const missing = (error: NodeJS.ErrnoException): never => {
    throw error.code === 'ENOENT' ? missingError(path, error) : error;
  };
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const seen = await look(path);
    if (await isAtWork(path, seen)) break;
    const taken = await (seen.token === undefined
      ? makeToken(tokenFolder(path), identity).catch(missing)
      : passToken(seen.token, identity));
    if (taken !== undefined) return taken;
  }
  throw lockedError(path, undefined);
}

/** Earlier versions wrote the holder into the file itself. */
async function look(path: string): Promise<Seen> {
  const token = await readToken(tokenFolder(path));
  if (token !== undefined) return { holder: token.holder, token };
  const text = await readFile(path, 'utf8').catch(() => '');
  return { holder: /"identity":"([0-9.]+)"/.exec(text)?.[1], token };
}

async function isAtWork(path: string, { holder, token }: Seen): Promise<boolean> {
  if (holder === undefined) return false;
  if (!isProcessElsewhere(holder)) return !isProcessGone(holder);
  const heartbeat = await stat(heartOf(path)).catch(() => undefined);
  const taken = token === undefined ? undefined : await passedAt(token);
  return Date.now() - Math.max(heartbeat?.mtimeMs ?? 0, taken ?? 0) < staleMs;
}

/** What beats here still, or seems to, is of a holder that the token was rightly taken from. */
async function startHeart(path: string, onCompromised: (error: Error) => void): Promise<() => Promise<void>> {
  const start = () => lockfile.lock(path, { stale: staleMs, update: updateMs, realpath: false, onCompromised });
  return start().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error;
    await rmdir(heartOf(path)).catch(() => {});
    return start();
  });
}

function tokenFolder(path: string): string {
  return `${path}.epochs`;
}

function heartOf(path: string): string {
  return `${path}.lock`;
}

function lockedError(path: string, cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `Another coordinator is at work on this run (${path}).`,
    next: 'Wait for it to end, or end it with `fanfold cancel`.',
    cause,
  });
}

function missingError(path: string, cause: unknown): FanfoldError {
  return new FanfoldError({
    code: 'run-not-found',
    message: `The folder of the run is gone (${path}).`,
    next: 'See the runs there are with `fanfold status`.',
    cause,
  });
}

function takenOverError(path: string): FanfoldError {
  return new FanfoldError({
    code: 'run-locked',
    message: `This coordinator no longer holds its run: another has taken it over, or its folder is gone (${path}).`,
    next: 'Look at the run with `fanfold status`; nothing is to be done where another coordinator goes on with it.',
  });
}
