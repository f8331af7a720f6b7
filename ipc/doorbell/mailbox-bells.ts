import { join } from 'node:path';
import { registeredBells, sweepBells } from './bell-registry.ts';
import { isProcessGone } from './process-identity.ts';

/** True where a process that lives, or may live, waits for mail in a mailbox of this folder. */
export function hasListener(mailbox: string): boolean {
  return bellFolders(mailbox).some((folder) => registeredBells(folder).some((name) => !isProcessGone(name)));
}

/** Absolute paths of the registrations whose process is certainly gone. */
export function findDeadBells(mailbox: string): string[] {
  return bellFolders(mailbox).flatMap((folder) =>
    registeredBells(folder)
      .filter(isProcessGone)
      .map((name) => join(folder, name)),
  );
}

/** Remove them, with their sockets. */
export function sweepMailboxBells(mailbox: string): void {
  for (const folder of bellFolders(mailbox)) sweepBells(folder);
}

function bellFolders(mailbox: string): string[] {
  return registeredBells(mailbox).map((recipient) => join(mailbox, recipient, 'bells'));
}
