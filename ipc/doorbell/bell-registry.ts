import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isProcessGone, processIdentity } from './process-identity.ts';

/**
 * A bell is registered in a folder as a symbolic link to its socket, made and read atomically; the name begins with
 * the identity of the process that listens. The link is only read, never followed: a mailbox folder may lie deeper
 * than the 107 bytes that a socket's path may have.
 */
export function registerBell(folder: string, socket: string): string {
  const registration = join(folder, `${processIdentity()}.${randomBytes(8).toString('hex')}`);
  symlinkSync(socket, registration);
  return registration;
}

/** The registrations in a folder; none when it cannot be read. */
export function registeredBells(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The socket of a registration, or undefined when it has gone. */
export function bellSocket(registration: string): string | undefined {
  try {
    return readlinkSync(registration);
  } catch {
    return undefined;
  }
}

/** Remove a registration whose listener is dead, with the socket and its folder if they were left behind. */
export function removeDeadBell(registration: string): void {
  const socket = bellSocket(registration);
  ignoreErrors(() => unlinkSync(registration));
  if (socket !== undefined && ownerOf(dirname(socket)) !== undefined) removeBellFolder(dirname(socket));
}

/** Remove the registrations of processes that are certainly gone. */
export function sweepBells(folder: string): void {
  for (const name of registeredBells(folder)) {
    if (isProcessGone(name)) removeDeadBell(join(folder, name));
  }
}

/** Remove the folders that processes left behind which were killed, perhaps before they had registered their bell. */
export function sweepBellFolders(parent: string): void {
  for (const name of registeredBells(parent)) {
    const owner = ownerOf(name);
    if (owner !== undefined && isProcessGone(owner)) removeBellFolder(join(parent, name));
  }
}

function ownerOf(folder: string): string | undefined {
  return /^fanfold-([0-9.]+)-[a-zA-Z0-9]{6}$/.exec(basename(folder))?.[1];
}

function removeBellFolder(folder: string): void {
  ignoreErrors(() => unlinkSync(join(folder, 'bell')));
  ignoreErrors(() => rmdirSync(folder));
}

function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // Another process was faster, or it was never there.
  }
}
