import { FanfoldError } from '../../../tasks/index.ts';
import { type Box, giveBack } from './box.ts';
import { removeReason } from './dead-letters.ts';
import type { MailboxFileSystem } from './file-system.ts';
import { findDead } from './listing.ts';
import { readMessage } from './message-file.ts';
import { waitingName } from './message-name.ts';

/**
 * Put a dead message back among those that wait, with its losses forgotten and its epoch kept. Returns its base name,
 * undefined when no dead message has this id (any more). Throws `mailbox-invalid-message` for what could only be buried
 * again.
 */
export function requeueDead(fileSystem: MailboxFileSystem, box: Box, id: string): string | undefined {
  const dead = findDead(fileSystem, box, id);
  if (dead === undefined) return undefined;
  const { folder, text, name } = dead;
  const path = `${folder}/${text}`;
  if (name === undefined) throw notDeliverable(path, id, 'its name was never one of a message');
  const read = readMessage(fileSystem, path, id);
  if ('gone' in read) return undefined;
  if ('invalid' in read) throw notDeliverable(path, id, read.invalid);
  if (!giveBack(fileSystem, box, path, name.priority, waitingName({ ...name, losses: 0 }))) return undefined;
  removeReason(fileSystem, folder, text);
  return name.base;
}

function notDeliverable(path: string, id: string, why: string): FanfoldError {
  return new FanfoldError({
    code: 'mailbox-invalid-message',
    message: `The dead message ${id} can't be delivered: ${why}.`,
    next: `Leave it where it is, or look at ${path} to see what it was; its sender can publish it under another id.`,
    data: { id, path },
  });
}
