import { setImmediate } from 'node:timers/promises';
import type { Envelope } from '../../protocol/envelope.ts';
import type { MailboxEntry } from '../mailbox.ts';
import type { Box } from './box.ts';
import { isReasonFile, readReason, withoutReason } from './dead-letters.ts';
import { type MailboxFileSystem, namesIn } from './file-system.ts';
import { readMessage } from './message-file.ts';
import {
  type ClaimedName,
  type MessageName,
  parseClaimed,
  parseDelayed,
  parseWaiting,
  publishedMs,
} from './message-name.ts';

/** One folder of a box, with what its messages are. */
interface Place {
  folder: string;
  state: MailboxEntry['state'];
  parse: (text: string) => (MessageName & { worker?: string }) | undefined;
}

/** Looked for so often before it is believed that a message is not there: others may move it meanwhile. */
const looks = 3;

/** What is in a box, for people; folders of other states are not read. Other processes go on meanwhile: an entry may show twice or have moved. */
export async function listBox(
  fileSystem: MailboxFileSystem,
  box: Box,
  states?: readonly MailboxEntry['state'][],
): Promise<MailboxEntry[]> {
  const entries: MailboxEntry[] = [];
  for (const place of places(fileSystem, box)) {
    if (states?.includes(place.state) === false) continue;
    for (const text of messagesIn(fileSystem, place.folder)) {
      const entry = entryOf(fileSystem, box, place, text);
      if (entry !== undefined) entries.push(entry);
    }
    await setImmediate();
  }
  return entries;
}

/** The message of an id with its content; without, when that is no envelope. Undefined when there is none. */
export function readEntry(
  fileSystem: MailboxFileSystem,
  box: Box,
  id: string,
): { entry: MailboxEntry; envelope: Envelope | undefined } | undefined {
  for (let look = 0; look < looks; look += 1) {
    for (const place of places(fileSystem, box)) {
      for (const text of messagesIn(fileSystem, place.folder)) {
        if (idOf(place, text) !== id) continue;
        const entry = entryOf(fileSystem, box, place, text);
        if (entry === undefined) continue;
        const read = readMessage(fileSystem, `${place.folder}/${text}`, id);
        if (!('gone' in read)) return { entry, envelope: 'envelope' in read ? read.envelope : undefined };
      }
    }
  }
  return undefined;
}

/** Every message in a box with its place, by no more than the names. */
export function* messagesOf(
  fileSystem: MailboxFileSystem,
  box: Box,
): Generator<{ id: string; base: string; path: string }> {
  for (const place of places(fileSystem, box)) {
    for (const text of messagesIn(fileSystem, place.folder)) {
      const name = nameOf(place, text);
      if (name !== undefined) yield { id: name.id, base: name.base, path: `${place.folder}/${text}` };
    }
  }
}

/** Where the dead message of an id is, and its name without the reason. */
export function findDead(
  fileSystem: MailboxFileSystem,
  box: Box,
  id: string,
): { folder: string; text: string; name: ClaimedName | undefined } | undefined {
  for (const folder of foldersIn(fileSystem, box.path.dead)) {
    for (const text of messagesIn(fileSystem, folder)) {
      const name = withoutReason(text);
      const parsed = parseClaimed(name);
      if ((parsed?.id ?? name) === id) return { folder, text, name: parsed };
    }
  }
  return undefined;
}

/** In the order in which a message passes them: one that goes on meanwhile is met at least once. */
function* places(fileSystem: MailboxFileSystem, box: Box): Generator<Place> {
  for (const priority of foldersIn(fileSystem, box.path.new)) {
    for (const folder of foldersIn(fileSystem, priority)) yield { folder, state: 'new', parse: parseWaiting };
  }
  yield { folder: box.path.later, state: 'delayed', parse: parseDelayed };
  yield { folder: box.path.cur, state: 'claimed', parse: parseClaimed };
  for (const folder of foldersIn(fileSystem, box.path.done)) yield { folder, state: 'done', parse: parseClaimed };
  for (const folder of foldersIn(fileSystem, box.path.dead)) yield { folder, state: 'dead', parse: parseClaimed };
}

function foldersIn(fileSystem: MailboxFileSystem, folder: string): string[] {
  return namesIn(fileSystem, folder)
    .sort()
    .map((name) => `${folder}/${name}`);
}

function messagesIn(fileSystem: MailboxFileSystem, folder: string): string[] {
  return namesIn(fileSystem, folder)
    .filter((text) => !isReasonFile(text))
    .sort();
}

function idOf(place: Place, text: string): string {
  return nameOf(place, text)?.id ?? (place.state === 'dead' ? withoutReason(text) : text);
}

function nameOf({ state, parse }: Place, text: string): MessageName | undefined {
  return parse(state === 'dead' ? withoutReason(text) : text);
}

function entryOf(fileSystem: MailboxFileSystem, box: Box, place: Place, text: string): MailboxEntry | undefined {
  const { folder, state, parse } = place;
  const status = fileSystem.status(`${folder}/${text}`);
  if (status === undefined) return undefined;
  const [name, reason] = state === 'dead' ? readReason(fileSystem, folder, text) : [text];
  const parsed = parse(name);
  return {
    recipient: box.recipient,
    state,
    id: parsed?.id ?? name,
    name: text,
    epoch: parsed?.epoch ?? 0,
    ...(parsed?.worker === undefined ? {} : { worker: parsed.worker }),
    ...(reason === undefined ? {} : { reason }),
    bytes: status.bytes,
    ...(parsed === undefined ? {} : { publishedMs: publishedMs(parsed.base) }),
    ...(state === 'claimed' ? { beatMs: Math.floor(status.touchedMs) } : {}),
  };
}
