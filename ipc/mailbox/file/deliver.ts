import type { Box } from './box.ts';
import { attempt, clearUp, type MailboxFileSystem } from './file-system.ts';
import { type DelayedName, delayedName, type MessageName, parseTarget, waitingName } from './message-name.ts';

export interface Target {
  name: MessageName | DelayedName;
  /** The file's name at its target. */
  text: string;
}

/** A whole file in tmp/ that is to become a message. */
export interface Staged extends Target {
  path: string;
}

/** Write a message to tmp/. When this throws, nothing is left there. */
export function stage(
  fileSystem: MailboxFileSystem,
  box: Box,
  process: string,
  { name, text }: Target,
  content: string,
): Staged {
  const path = stagedPath(box, process, text);
  const descriptor = fileSystem.create(path);
  try {
    fileSystem.write(descriptor, content);
  } catch (error) {
    clearUp(() => fileSystem.unlink(path));
    throw error;
  } finally {
    clearUp(() => fileSystem.close(descriptor));
  }
  return { name, text, path };
}

export function stagedPath(box: Box, process: string, text: string): string {
  return `${box.path.tmp}/${process}~${text}`;
}

/**
 * Publish a staged file, in two steps that are each atomic:
 *   link tmp/X → ids/<id>   decides, once for all time, which file is the message of that id
 *   rename tmp/X → new/X    delivers it; X is unique, so it can happen only once, whoever does it
 * Who dies between the two leaves both names, and the next one to publish that id, or the sweep, does the second step.
 * When this throws, the id is free again and nothing is left in tmp/.
 */
export function deliver(fileSystem: MailboxFileSystem, box: Box, staged: Staged): { duplicate: boolean } {
  const mark = `${box.path.ids}/${staged.name.id}`;
  try {
    for (;;) {
      if (attempt(() => fileSystem.link(staged.path, mark), 'EEXIST')) {
        moveOrUndo(fileSystem, box, staged, mark);
        return { duplicate: false };
      }
      if (!finishOther(fileSystem, box, mark, staged)) continue;
      attempt(() => fileSystem.unlink(staged.path), 'ENOENT');
      return { duplicate: true };
    }
  } catch (error) {
    clearUp(() => fileSystem.unlink(staged.path));
    throw error;
  }
}

/** Do the second step for a message in tmp/. False when it is not there any more. */
export function move(fileSystem: MailboxFileSystem, box: Box, { path, name, text }: Staged): boolean {
  if ('dueMs' in name) return attempt(() => fileSystem.rename(path, `${box.path.later}/${text}`), 'ENOENT');
  return box.arrivals(name.priority).receive(path, text) !== undefined;
}

/** `<process>~<target>`: who writes a file in tmp/ and what it is to become. */
export function parseStaged(folder: string, text: string): (Staged & { process: string }) | undefined {
  const [, process, target] = /^([0-9.]{1,60})~(.*)$/.exec(text) ?? [];
  if (process === undefined || target === undefined) return undefined;
  const name = parseTarget(target);
  return name && { path: `${folder}/${text}`, name, text: target, process };
}

export function targetOf(name: MessageName, delayMs: number): Target {
  if (delayMs <= 0) return { name, text: waitingName(name) };
  const dueMs = Date.now() + delayMs;
  return { name: { ...name, dueMs, delayMs }, text: delayedName(name, dueMs, delayMs) };
}

/** A sender that gets an error must be able to say it again: then the id is free once more. */
function moveOrUndo(fileSystem: MailboxFileSystem, box: Box, staged: Staged, mark: string): void {
  try {
    move(fileSystem, box, staged);
  } catch (error) {
    fileSystem.unlink(mark);
    throw error;
  }
}

/**
 * The id is taken. Make sure that the message it stands for has been delivered; usually it has. False when the id is
 * free again. A power cut may have kept the id and lost the delivery: then the id is the only name left.
 */
function finishOther(fileSystem: MailboxFileSystem, box: Box, mark: string, own: Staged): boolean {
  let status = fileSystem.status(mark);
  if (status === undefined) return false;
  if (status.links === 1) {
    const path = `${box.path.tmp}/0~${own.text}`;
    attempt(() => fileSystem.link(mark, path), 'EEXIST');
    status = fileSystem.status(mark) ?? status;
    if (status.links > 2) attempt(() => fileSystem.unlink(path), 'ENOENT');
  }
  for (const text of fileSystem.names(box.path.tmp)) {
    const other = parseStaged(box.path.tmp, text);
    if (other?.name.id !== own.name.id || fileSystem.status(other.path)?.inode !== status.inode) continue;
    if (move(fileSystem, box, other)) break;
  }
  return true;
}
