/**
 * Tells the runs that this user started in a folder from those that came with it: in an archive, on a disk, from a
 * repository. Written when a run is opened, asked before a run that is there already is gone on with or worked for.
 * Promise: nobody without the user's key can make a seal, and one fits only where it was made.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfoldError } from '../../tasks/index.ts';
import type { RunFolder } from './run-folder.ts';
import { userKey } from './user-key.ts';

/** Does nothing where the user has no key: then the run must be trusted by name when it is to go on. */
export async function sealRun(run: RunFolder): Promise<void> {
  const key = userKey();
  if (key === undefined || fits(run, key)) return;
  // What lies there may be a link that leads elsewhere.
  await rm(sealOf(run), { recursive: true, force: true });
  await writeFile(sealOf(run), `${sign(run, key)}\n`, { flag: 'wx', mode: 0o600, flush: true });
}

/** FanfoldError `state-untrusted` for a run without the user's seal; `command` goes on with it all the same. */
export function requireSeal(run: RunFolder, command: string): void {
  if (isSealed(run)) return;
  throw new FanfoldError({
    code: 'state-untrusted',
    message: `Nothing shows that the run ${run.id} was started in this folder by you: it may have come with the folder, and what it says would be executed.`,
    next: `Read its plan with \`fanfold logs ${run.id} --json\`. If it is yours (started with another home folder or an earlier version): \`${command} ${run.id} --trust\`.`,
    data: { path: run.root },
  });
}

export function isSealed(run: RunFolder): boolean {
  const key = userKey();
  return key !== undefined && fits(run, key);
}

function fits(run: RunFolder, key: Buffer): boolean {
  let written: Buffer;
  try {
    written = Buffer.from(readFileSync(sealOf(run), 'latin1').trim(), 'hex');
  } catch {
    return false;
  }
  const expected = Buffer.from(sign(run, key), 'hex');
  return written.length === expected.length && timingSafeEqual(written, expected);
}

function sign({ root }: RunFolder, key: Buffer): string {
  return createHmac('sha256', key).update(`run\0${root}`).digest('hex');
}

function sealOf({ root }: RunFolder): string {
  return join(root, 'seal');
}
