import { FanfoldError } from '../../../tasks/index.ts';
import { attempt, type MailboxFileSystem } from './file-system.ts';

const formatVersion = 1;

/** The folder is marked with the version of its layout by an empty file's name; a later version is refused. */
export function requireFormat(fileSystem: MailboxFileSystem, folder: string): void {
  for (const name of fileSystem.names(folder)) {
    const version = /^format-(\d{1,6})$/.exec(name)?.[1];
    if (version !== undefined && Number(version) !== formatVersion) throw otherFormat(folder, version);
  }
  attempt(() => fileSystem.close(fileSystem.create(`${folder}/format-${formatVersion}`)), 'EEXIST');
}

function otherFormat(folder: string, version: string): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-failed',
    message: `The mailbox ${folder} has layout version ${version}; this Fanfold knows version ${formatVersion}.`,
    next: 'Use the version of Fanfold that made it, or start a new run.',
    data: { folder, version },
  });
}
