import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bellSocket, registeredBells, removeDeadBell, sweepBells } from './bell-registry.ts';
import { isProcessElsewhere, isProcessGone, processIdentity } from './process-identity.ts';

/**
 * True where a process waits for mail in a mailbox of this folder. One that can't be looked for (another container)
 * counts where its socket can be seen from here.
 */
export function hasListener(mailbox: string): boolean {
  return bellFolders(mailbox).some((folder) =>
    registeredBells(folder).some((name) => {
      if (isProcessGone(name)) return false;
      return !isProcessElsewhere(name) || existsSync(bellSocket(join(folder, name)) ?? '');
    }),
  );
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

/** Remove those of this process, once it listens no more: its threads that died or were ended by force left theirs. */
export function removeOwnBells(mailbox: string): void {
  const own = `${processIdentity()}.`;
  for (const folder of bellFolders(mailbox)) {
    for (const name of registeredBells(folder)) if (name.startsWith(own)) removeDeadBell(join(folder, name));
  }
}

function bellFolders(mailbox: string): string[] {
  return registeredBells(mailbox).map((recipient) => join(mailbox, recipient, 'bells'));
}
