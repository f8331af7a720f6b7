/**
 * A secret of this user, made at the first need: `$XDG_STATE_HOME/fanfold/key`, else `~/.local/state/fanfold/key`. It
 * vouches for what Fanfold wrote itself, in folders that come from elsewhere as well. Read by run-seal.ts; nothing sends it
 * anywhere. Promise: 32 random bytes that only this user can read, the same for all who ask at once; or nothing.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { userFolder } from '../user-files/user-folder.ts';

const keyBytes = 32;

/** Undefined where none can be kept: no home folder, a disk that is full, a file that others could have read. */
export function userKey(): Buffer | undefined {
  try {
    const folder = userFolder('state', process.env);
    if (folder === undefined) return undefined;
    const path = join(folder, 'fanfold', 'key');
    return readKey(path) ?? makeKey(path);
  } catch {
    return undefined;
  }
}

/** Undefined where there is none yet. */
function readKey(path: string): Buffer | undefined {
  const file = openExisting(path);
  if (file === undefined) return undefined;
  try {
    const { uid, mode, size } = fstatSync(file);
    const user = process.getuid?.();
    const isOwn = user === undefined || (uid === user && (mode & 0o077) === 0);
    if (!isOwn || size !== keyBytes) throw new Error(`${path} is no key of this user alone`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function openExisting(path: string): number | undefined {
  try {
    // A pipe must not block.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(path: string): Buffer | undefined {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(beside, randomBytes(keyBytes), { mode: 0o600, flag: 'wx', flush: true });
    linkSync(beside, path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(beside, { force: true });
  }
  return readKey(path);
}
