import type { Box } from './box.ts';
import { attempt, type MailboxFileSystem } from './file-system.ts';
import {
  type DelayedName,
  delayedName,
  type MessageName,
  parseDelayed,
  parseWaiting,
  waitingName,
} from './message-name.ts';

export interface Target {
  name: MessageName | DelayedName;
  /** The file's name at its target. */
  text: string;
}

/** A written and synced file in tmp/ that is to become a message. */
export interface Staged extends Target {
  path: string;
}

export interface Delivered {
  duplicate: boolean;
  /** Folders whose list of names has changed and must be synced before the message is acknowledged. */
  folders: string[];
}

/**
 * Publish a staged file, in two steps that are each atomic:
 *   link tmp/X → ids/<id>   decides, once for all time, which file is the message of that id
 *   rename tmp/X → new/X    delivers it; X is unique, so it can happen only once, whoever does it
 * Who dies between the two leaves both names, and the next one to publish that id, or the sweep, does the second step.
 * The file is on the disk before the first step: what stands in ids/ is always whole.
 */
export function deliver(fileSystem: MailboxFileSystem, box: Box, staged: Staged): Delivered {
  const mark = `${box.path.ids}/${staged.name.id}`;
  for (;;) {
    if (attempt(() => fileSystem.link(staged.path, mark), 'EEXIST')) {
      const folders = moveOrUndo(fileSystem, box, staged, mark);
      return { duplicate: false, folders: [box.path.ids, ...(folders ?? arrivalFolders(box, staged.name))] };
    }
    const folders = finishOther(fileSystem, box, mark, staged);
    if (folders === undefined) continue;
    attempt(() => fileSystem.unlink(staged.path), 'ENOENT');
    return { duplicate: true, folders: [box.path.ids, ...folders] };
  }
}

/** Do the second step for a message in tmp/. Undefined when it is not there any more. */
export function move(fileSystem: MailboxFileSystem, box: Box, { path, name, text }: Staged): string[] | undefined {
  if ('dueMs' in name) {
    return attempt(() => fileSystem.rename(path, `${box.path.later}/${text}`), 'ENOENT') ? [box.path.later] : undefined;
  }
  const arrivals = box.arrivals(name.priority);
  const segment = arrivals.receive(path, text);
  if (segment === undefined) return undefined;
  return arrivals.takeBegun() ? [segment, arrivals.folder, box.path.new] : [segment];
}

/** `<process>~<target>`: who writes a file in tmp/ and what it is to become. */
export function parseStaged(folder: string, text: string): (Staged & { process: string }) | undefined {
  const [, process, target] = /^([0-9.]{1,60})~(.*)$/.exec(text) ?? [];
  if (process === undefined || target === undefined) return undefined;
  const name = parseDelayed(target) ?? parseWaiting(target);
  return name && { path: `${folder}/${text}`, name, text: target, process };
}

export function targetOf(name: MessageName, delayMs: number): Target {
  if (delayMs <= 0) return { name, text: waitingName(name) };
  const dueMs = Date.now() + delayMs;
  return { name: { ...name, dueMs, delayMs }, text: delayedName(name, dueMs, delayMs) };
}

/** A sender that gets an error must be able to say it again: then the id is free once more. */
function moveOrUndo(fileSystem: MailboxFileSystem, box: Box, staged: Staged, mark: string): string[] | undefined {
  try {
    return move(fileSystem, box, staged);
  } catch (error) {
    fileSystem.unlink(mark);
    throw error;
  }
}

/**
 * The id is taken. Make sure that the message it stands for has been delivered; usually it has. Undefined when the id
 * is free again. A power cut may have kept the id and lost the delivery: then the id is the only name left.
 */
function finishOther(fileSystem: MailboxFileSystem, box: Box, mark: string, own: Staged): string[] | undefined {
  let status = fileSystem.status(mark);
  if (status === undefined) return undefined;
  if (status.links === 1) {
    const path = `${box.path.tmp}/0~${own.text}`;
    attempt(() => fileSystem.link(mark, path), 'EEXIST');
    status = fileSystem.status(mark) ?? status;
    if (status.links > 2) attempt(() => fileSystem.unlink(path), 'ENOENT');
  }
  for (const text of fileSystem.names(box.path.tmp)) {
    const other = parseStaged(box.path.tmp, text);
    if (other?.name.id !== own.name.id || fileSystem.status(other.path)?.inode !== status.inode) continue;
    const folders = move(fileSystem, box, other);
    if (folders !== undefined) return folders;
  }
  return arrivalFolders(box, own.name);
}

/** Where a message that another process moved has arrived, as far as can be known here. */
function arrivalFolders(box: Box, name: MessageName | DelayedName): string[] {
  return 'dueMs' in name ? [box.path.later] : [box.arrivals(name.priority).current()];
}
