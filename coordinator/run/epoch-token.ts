/**
 * Who holds a lock, as the name of the only file in a folder: `<epoch>~<process identity>`, or `<epoch>~free`. Called by
 * coordinator-lock.ts. Promise: it changes hands by rename alone, and every rename raises the epoch, so a name that was
 * seen once never comes again; of all that saw it exactly one gets it, however long the others slept in between.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface EpochToken {
  epoch: number;
  /** The identity of the process that took it; undefined when it was given back. */
  holder: string | undefined;
  path: string;
}

const free = 'free';
/** A reader may look in the middle of a rename and see neither name. */
const readings = 20;

/** Undefined where there is none yet. */
export async function readToken(folder: string): Promise<EpochToken | undefined> {
  for (let reading = 0; reading < readings; reading += 1) {
    const names = await readdir(folder).catch(ignore('ENOENT', undefined));
    if (names === undefined) return undefined;
    const tokens = names.flatMap((name) => parse(folder, name) ?? []);
    const highest = tokens.sort((left, right) => right.epoch - left.epoch)[0];
    if (highest !== undefined) return highest;
  }
  return undefined;
}

/** The first token, held by `holder`; undefined when somebody else has made it. */
export async function makeToken(folder: string, holder: string | undefined): Promise<EpochToken | undefined> {
  const made = join(dirname(folder), `${prefixOfMade(folder)}${randomBytes(6).toString('hex')}`);
  await mkdir(made, { mode: 0o700 });
  try {
    await writeFile(join(made, nameOf(1, holder)), '', { flag: 'wx', mode: 0o600 });
    // Takes the place of nothing or of an empty folder, never of one with a token in it.
    await rename(made, folder);
    return { epoch: 1, holder, path: join(folder, nameOf(1, holder)) };
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    return ignore(['ENOTEMPTY', 'EEXIST', 'ENOENT'], undefined)(error as NodeJS.ErrnoException);
  }
}

/** Pass the token on, to nobody where `holder` is undefined. Undefined when it was no longer there to be passed on. */
export async function passToken(token: EpochToken, holder: string | undefined): Promise<EpochToken | undefined> {
  const epoch = token.epoch + 1;
  const path = join(dirname(token.path), nameOf(epoch, holder));
  return rename(token.path, path).then(() => ({ epoch, holder, path }), ignore('ENOENT', undefined));
}

export function isStillThere({ path }: EpochToken): boolean {
  return existsSync(path);
}

/** When it was passed on the last time, in milliseconds since the epoch; undefined when it has been passed on since. */
export async function passedAt({ path }: EpochToken): Promise<number | undefined> {
  return stat(path).then(({ ctimeMs }) => ctimeMs, ignore('ENOENT', undefined));
}

/** What processes left that were killed while they made a first token. Harms nobody who still makes one. */
export async function removeUnplaced(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder)).catch(() => [])) {
    if (!name.startsWith(prefixOfMade(folder))) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function prefixOfMade(folder: string): string {
  return `${basename(folder)}-`;
}

function nameOf(epoch: number, holder: string | undefined): string {
  return `${epoch}~${holder ?? free}`;
}

function parse(folder: string, name: string): EpochToken | undefined {
  const [, epoch, holder] = /^(\d{1,15})~([0-9.]+|free)$/.exec(name) ?? [];
  if (epoch === undefined) return undefined;
  return { epoch: Number(epoch), holder: holder === free ? undefined : holder, path: join(folder, name) };
}

function ignore<T>(codes: string | readonly string[], value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === undefined || ![codes].flat().includes(error.code)) throw error;
    return value;
  };
}
