import { processIdentity } from '../../doorbell/process-identity.ts';
import type { Box } from './box.ts';
import { deliver, stage, stagedPath } from './deliver.ts';
import { attempt, type MailboxFileSystem, namesIn } from './file-system.ts';
import { messagesOf } from './listing.ts';
import { readMessage } from './message-file.ts';
import { isFromBefore, type LoggedMessage, parseLogName, readLog } from './publish-log.ts';

/**
 * Put back what was acknowledged before the machine stopped: each message of an earlier boot's logs that is nowhere is
 * delivered, each that is torn is written again in its place. To be called before the first claim. Several processes
 * may do it side by side, and again after being killed halfway: none of its steps harms one that has been done, and
 * messages that others work with already are left where they are.
 */
export function restore(fileSystem: MailboxFileSystem, box: Box): void {
  const logs = namesIn(fileSystem, box.path.log).filter((name) => {
    const written = parseLogName(name);
    return written !== undefined && isFromBefore(fileSystem, written.boot);
  });
  if (logs.length === 0) return;
  const known = new Map([...messagesOf(fileSystem, box)].map((found) => [found.id, found]));
  for (const log of logs) {
    for (const message of readLog(fileSystem, `${box.path.log}/${log}`)) {
      const found = known.get(message.name.id);
      if (found === undefined) putBack(fileSystem, box, message);
      // Another one of the same id is the message of another log line, or of none: this one was a duplicate.
      else if (found.base === message.name.base) makeWhole(fileSystem, box, found.path, message);
    }
  }
}

function putBack(fileSystem: MailboxFileSystem, box: Box, message: LoggedMessage): void {
  const mark = `${box.path.ids}/${message.name.id}`;
  if (fileSystem.exists(mark)) repair(fileSystem, mark, message);
  const process = processIdentity();
  // In its former life the machine may have had a process of the same identity.
  attempt(() => fileSystem.unlink(stagedPath(box, process, message.text)), 'ENOENT');
  deliver(fileSystem, box, stage(fileSystem, box, process, message, message.content));
}

function makeWhole(fileSystem: MailboxFileSystem, box: Box, path: string, message: LoggedMessage): void {
  repair(fileSystem, path, message);
  attempt(() => fileSystem.link(path, `${box.path.ids}/${message.name.id}`), 'EEXIST', 'ENOENT');
}

/** All names of a message are of one file, so it is written in place; one that has gone is in another's good hands. */
function repair(fileSystem: MailboxFileSystem, path: string, { name, content }: LoggedMessage): void {
  if (!('invalid' in readMessage(fileSystem, path, name.id))) return;
  attempt(() => fileSystem.rewrite(path, content), 'ENOENT');
}
