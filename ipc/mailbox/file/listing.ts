import { setImmediate } from 'node:timers/promises';
import type { MailboxEntry } from '../mailbox.ts';
import type { Box } from './box.ts';
import { isReasonFile, readReason } from './dead-letters.ts';
import { type MailboxFileSystem, namesIn } from './file-system.ts';
import { type MessageName, parseClaimed, parseDelayed, parseWaiting } from './message-name.ts';

/** Everything in a box, for people. Other processes go on meanwhile: an entry may show twice or have moved. */
export async function listBox(fileSystem: MailboxFileSystem, box: Box): Promise<MailboxEntry[]> {
  const entries: MailboxEntry[] = [];
  const add = async (
    folder: string,
    state: MailboxEntry['state'],
    parse: (text: string) => (MessageName & { worker?: string }) | undefined,
  ): Promise<void> => {
    for (const text of namesIn(fileSystem, folder).sort()) {
      if (isReasonFile(text)) continue;
      const status = fileSystem.status(`${folder}/${text}`);
      if (status === undefined) continue;
      const [name, reason] = state === 'dead' ? readReason(fileSystem, folder, text) : [text];
      const parsed = parse(name);
      entries.push({
        recipient: box.recipient,
        state,
        id: parsed?.id ?? name,
        name: text,
        epoch: parsed?.epoch ?? 0,
        ...(parsed?.worker === undefined ? {} : { worker: parsed.worker }),
        ...(reason === undefined ? {} : { reason }),
        bytes: status.bytes,
      });
    }
    await setImmediate();
  };
  const segments = (folder: string): string[] =>
    namesIn(fileSystem, folder)
      .sort()
      .map((segment) => `${folder}/${segment}`);

  for (const priority of segments(box.path.new)) {
    for (const segment of segments(priority)) await add(segment, 'new', parseWaiting);
  }
  await add(box.path.later, 'delayed', parseDelayed);
  await add(box.path.cur, 'claimed', parseClaimed);
  for (const segment of segments(box.path.done)) await add(segment, 'done', parseClaimed);
  for (const segment of segments(box.path.dead)) await add(segment, 'dead', parseClaimed);
  return entries;
}
