import { isProcessGone } from '../../doorbell/process-identity.ts';
import type { Box } from './box.ts';
import { attempt, type MailboxFileSystem, namesIn } from './file-system.ts';
import { isCertainlyFromBefore, parseLogName, readLog } from './publish-log.ts';
import { syncPath } from './sync-path.ts';

/** Files that are waited for at once. */
const sideBySide = 16;

/**
 * Make what a log holds durable without it, then remove it. Stops when aborted; then the log stays, as it does when
 * this fails, and the next one may try.
 */
export async function retire(
  fileSystem: MailboxFileSystem,
  box: Box,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  // Contents first, by the name that never moves; then the names, and ids/ before those that it must not be without.
  const marks = readLog(fileSystem, path).map(({ name }) => `${box.path.ids}/${name.id}`);
  for (let from = 0; from < marks.length; from += sideBySide) {
    if (signal.aborted) return;
    await Promise.all(marks.slice(from, from + sideBySide).map((mark) => syncPath(fileSystem, mark)));
  }
  for (const folder of folders(fileSystem, box)) {
    if (signal.aborted) return;
    await syncPath(fileSystem, folder);
  }
  attempt(() => fileSystem.unlink(path), 'ENOENT');
}

/** Retire the logs of processes that have ended, whether with the machine (after `restore`) or before it. */
export async function retireFinished(fileSystem: MailboxFileSystem, box: Box, signal: AbortSignal): Promise<void> {
  for (const name of namesIn(fileSystem, box.path.log)) {
    const written = parseLogName(name);
    if (written === undefined) continue;
    if (isCertainlyFromBefore(fileSystem, written.boot) || isProcessGone(written.process)) {
      await retire(fileSystem, box, `${box.path.log}/${name}`, signal);
    }
  }
}

/** In the order in which messages pass them: what moves on while they are synced is met in one at least. */
function* folders(fileSystem: MailboxFileSystem, { path }: Box): Generator<string> {
  const inside = (folder: string): string[] => namesIn(fileSystem, folder).map((name) => `${folder}/${name}`);
  yield path.ids;
  for (const priority of inside(path.new)) {
    yield* inside(priority);
    yield priority;
  }
  yield path.new;
  yield path.later;
  yield path.cur;
  for (const ended of [path.done, path.dead]) {
    yield* inside(ended);
    yield ended;
  }
}
