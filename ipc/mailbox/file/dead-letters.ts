import { randomBytes } from 'node:crypto';
import type { DeadLetterReason } from '../mailbox.ts';
import type { Box } from './box.ts';
import { clearUp, codeOf, type MailboxFileSystem } from './file-system.ts';

const suffix = '.reason.json';
const detailLimit = 4_000;

/**
 * Move a message to dead/. The reason is the end of its name, so that the two can't be torn apart; the details stand
 * beside it in `<name>.reason.json`. False when the file was not there any more.
 */
export function bury(
  fileSystem: MailboxFileSystem,
  box: Box,
  from: string,
  claimed: string,
  reason: DeadLetterReason,
  detail: string,
): boolean {
  const name = `${claimed}~${reason}`;
  const segment = box.dead.receive(from, name);
  if (segment === undefined) return false;
  clearUp(() => {
    const descriptor = fileSystem.create(`${segment}/${name}${suffix}`);
    const text = { reason, detail: detail.slice(0, detailLimit), time: new Date().toISOString() };
    try {
      fileSystem.write(descriptor, `${JSON.stringify(text)}\n`);
    } finally {
      fileSystem.close(descriptor);
    }
  });
  return true;
}

/** Bury a file whose name is not one of a message. Whoever put it there, it must not be in the way. */
export function buryStray(fileSystem: MailboxFileSystem, box: Box, path: string, text: string): void {
  const detail = `${JSON.stringify(text)} is not the name of a message`;
  bury(fileSystem, box, path, `stray-${randomBytes(8).toString('hex')}`, 'invalid', detail);
}

export function isReasonFile(name: string): boolean {
  return name.endsWith(suffix);
}

/** Forget why a message was buried, once it is not dead any more. */
export function removeReason(fileSystem: MailboxFileSystem, folder: string, name: string): void {
  clearUp(() => fileSystem.unlink(`${folder}/${name}${suffix}`));
}

export function withoutReason(name: string): string {
  return name.slice(0, name.lastIndexOf('~'));
}

/** A dead letter's name without the reason, and the reason with its details if they can be read. */
export function readReason(fileSystem: MailboxFileSystem, folder: string, name: string): [string, string] {
  const reason = name.slice(name.lastIndexOf('~') + 1);
  return [withoutReason(name), [reason, ...readDetail(fileSystem, `${folder}/${name}${suffix}`)].join(': ')];
}

function readDetail(fileSystem: MailboxFileSystem, path: string): string[] {
  try {
    const { detail } = JSON.parse(fileSystem.read(path, 10 * detailLimit).toString()) as { detail?: unknown };
    return typeof detail === 'string' && detail !== '' ? [detail] : [];
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) !== 'EMFILE') return [];
    throw error;
  }
}
