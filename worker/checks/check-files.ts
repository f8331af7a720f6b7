import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The name of a check as a part of file names, different for different names. */
export function fileName(check: string): string {
  const plain = check.replace(/[^A-Za-z0-9-]/g, '_');
  return plain === check ? plain : `${plain}-${hash('sha256', check, 'hex').slice(0, 8)}`;
}

/** A folder for what a check needs while it runs; its name is one that is cleared away after a crash. */
export function openScratch(logFolder: string): Disposable & { folder: string; open(name: string): string } {
  const folder = join(logFolder, `scratch-${randomBytes(8).toString('hex')}`);
  const open = (name: string): string => {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    return join(folder, name);
  };
  open('');
  return { folder, open, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
