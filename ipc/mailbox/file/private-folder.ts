import { chmodSync, mkdirSync } from 'node:fs';
import { FanfoldError } from '../../../tasks/index.ts';
import { attempt, type MailboxFileSystem } from './file-system.ts';

/** Make a folder that only this user can enter. Returns whether it is new. Throws `mailbox-failed` if it is not ours. */
export function ensurePrivateFolder(fileSystem: MailboxFileSystem, path: string): boolean {
  const isNew = attempt(() => fileSystem.makeFolder(path), 'EEXIST');
  if (!isNew) requirePrivateFolder(fileSystem, path);
  return isNew;
}

/** The same for the mailbox itself, with the folders above it. */
export function ensurePrivateRoot(fileSystem: MailboxFileSystem, path: string): void {
  if (fileSystem.status(path) === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
  requirePrivateFolder(fileSystem, path);
}

function requirePrivateFolder(fileSystem: MailboxFileSystem, path: string): void {
  const status = fileSystem.status(path);
  if (status?.isDirectory !== true) throw notOurs(path, 'is not a folder (a symbolic link is not followed)');
  const user = process.geteuid?.();
  if (user !== undefined && status.owner !== user) {
    throw notOurs(path, `belongs to user ${status.owner}, not to user ${user} who runs this`);
  }
  if ((status.mode & 0o077) !== 0) chmodSync(path, 0o700);
}

function notOurs(path: string, why: string): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-failed',
    message: `The mailbox folder ${path} ${why}.`,
    next: 'Remove it or name another folder: a mailbox that others can write could be forged.',
    data: { path },
  });
}
