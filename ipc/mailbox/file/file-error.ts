import { FanfoldError, messageOf } from '../../../tasks/index.ts';
import { codeOf } from './file-system.ts';

/** A failed file operation as the error that users of the mailbox get. FanfoldErrors pass unchanged. */
export function mailboxError(doing: string, error: unknown): FanfoldError {
  if (error instanceof FanfoldError) return error;
  const code = codeOf(error);
  return new FanfoldError({
    code: 'mailbox-failed',
    message: `The mailbox failed while ${doing}: ${messageOf(error)}.`,
    next: nextStep(code),
    failure: code !== undefined && passing.has(code) ? 'transient' : 'permanent',
    data: { errno: code },
    cause: error,
  });
}

const passing = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EBUSY']);

function nextStep(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return 'Free disk space (or raise the quota), then try again: nothing was half-written.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Raise the limit of open files (`ulimit -n`) or lower the concurrency.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Use a folder that this user may write, on a file system with hard links.';
    case 'ENOTSUP':
    case 'EMLINK':
    case 'EXDEV':
      return 'Put the mailbox on a local file system with hard links, for instance ext4, xfs, btrfs or APFS.';
    default:
      return 'Check the folder of the mailbox and the disk it is on, then resume the run.';
  }
}
