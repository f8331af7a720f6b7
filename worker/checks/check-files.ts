import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The name of a check as a part of file names. */
export function fileName(check: string): string {
  return check.replace(/[^A-Za-z0-9-]/g, '_');
}

/** A folder for what a check needs while it runs; its name is one that is cleared away after a crash. */
export function openScratch(logFolder: string): Disposable & { folder: string } {
  const folder = join(logFolder, `scratch-${randomBytes(8).toString('hex')}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
