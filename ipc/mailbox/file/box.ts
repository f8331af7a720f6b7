/**
 * One recipient's folders, and what this instance remembers of them. Used by every part of the file mailbox.
 *   tmp/     messages being written, `<process>~<name>`
 *   new/     waiting: `<priority>/<segment>/`
 *   later/   delayed, until their time
 *   cur/     claimed
 *   done/ dead/   ended: `<segment>/`; a dead letter has `<name>.reason.json` beside it
 *   log/     what was published lately, once more, in case the machine stops: publish-log.ts
 *   ids/     a second name of every message ever published, by envelope id: makes publishing idempotent
 *   bells/   doorbells of those who watch; `pulse` is touched whenever something arrives, for file watchers
 */
import { attempt, type MailboxFileSystem } from './file-system.ts';
import { ensurePrivateFolder } from './private-folder.ts';
import { makeFolders, returnedSegment, Segments } from './segments.ts';

const folderNames = ['tmp', 'new', 'later', 'cur', 'done', 'dead', 'log', 'ids', 'bells'] as const;

/** Entries per segment, about. */
const segmentLimit = 1_000;

export interface Box {
  readonly recipient: string;
  readonly path: Readonly<Record<(typeof folderNames)[number] | 'root' | 'pulse', string>>;
  readonly done: Segments;
  readonly dead: Segments;
  /** Where messages of a priority arrive. */
  arrivals(priority: number): Segments;
}

/** Make the folders of a recipient. The pulse comes last: where it is, the recipient is known. */
export function createBox(fileSystem: MailboxFileSystem, root: string, recipient: string): { isNew: boolean } {
  const path = `${root}/${recipient}`;
  ensurePrivateFolder(fileSystem, path);
  for (const name of folderNames) ensurePrivateFolder(fileSystem, `${path}/${name}`);
  const isNew = attempt(() => fileSystem.close(fileSystem.create(`${path}/pulse`)), 'EEXIST');
  return { isNew };
}

/** Undefined when the recipient is not known. */
export function findBox(
  fileSystem: MailboxFileSystem,
  root: string,
  recipient: string,
  entered: (names: readonly string[]) => void,
): Box | undefined {
  const path = `${root}/${recipient}`;
  if (!fileSystem.exists(`${path}/pulse`)) return undefined;
  ensurePrivateFolder(fileSystem, path);
  const arrivals = new Map<number, Segments>();
  return {
    recipient,
    path: {
      root: path,
      pulse: `${path}/pulse`,
      tmp: `${path}/tmp`,
      new: `${path}/new`,
      later: `${path}/later`,
      cur: `${path}/cur`,
      done: `${path}/done`,
      dead: `${path}/dead`,
      log: `${path}/log`,
      ids: `${path}/ids`,
      bells: `${path}/bells`,
    },
    done: new Segments(fileSystem, `${path}/done`, segmentLimit),
    dead: new Segments(fileSystem, `${path}/dead`, segmentLimit),
    arrivals(priority) {
      const known = arrivals.get(priority);
      if (known !== undefined) return known;
      const segments = new Segments(fileSystem, `${path}/new/${priority}`, segmentLimit, entered);
      arrivals.set(priority, segments);
      return segments;
    },
  };
}

/** Put a message back before all others of its priority. False when `from` does not exist. */
export function giveBack(
  fileSystem: MailboxFileSystem,
  box: Box,
  from: string,
  priority: number,
  waiting: string,
): boolean {
  const parent = `${box.path.new}/${priority}`;
  const folder = `${parent}/${returnedSegment}`;
  const move = (): boolean => attempt(() => fileSystem.rename(from, `${folder}/${waiting}`), 'ENOENT');
  if (move()) return true;
  if (!fileSystem.exists(from)) return false;
  makeFolders(fileSystem, parent, folder);
  return move();
}
