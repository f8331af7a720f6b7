import { resolve } from 'node:path';
import { FanfoldError } from '../../../tasks/index.ts';
import type { Mailbox } from '../mailbox.ts';
import { createFileMailbox, type FileMailboxOptions } from './file-mailbox.ts';
import { namesIn, nodeFileSystem } from './file-system.ts';

/**
 * The mailbox in a folder that is one already; nothing is made. Throws `mailbox-not-found` for any other folder, and
 * what createFileMailbox throws for one that can't be used safely.
 */
export function openMailbox(folder: string, options: Omit<FileMailboxOptions, 'folder'> = {}): Mailbox {
  const path = resolve(folder);
  const names = namesIn(options.fileSystem ?? nodeFileSystem, path);
  if (!names.some((name) => /^format-\d{1,6}$/.test(name))) throw noMailbox(path, names.length > 0);
  return createFileMailbox({ ...options, folder: path });
}

function noMailbox(path: string, exists: boolean): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-not-found',
    message: exists ? `The folder ${path} is not a mailbox.` : `There is no mailbox at ${path}.`,
    next: 'A run keeps its own in .fanfold/runs/<run>/mailbox; a mailbox has a file named format-1.',
    data: { path },
  });
}
