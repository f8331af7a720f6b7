import type { Envelope, MailboxEntry } from '../../ipc/index.ts';
import { oneLine, stripControl } from '../../tasks/index.ts';
import { countOf, formatElapsed } from './amounts.ts';
import { formatTable } from './format-table.ts';
import { createPaint } from './paint.ts';

export interface FormatMailboxOptions {
  /** Wall clock, ms since 1970: what ages are measured from. */
  now: number;
  /** Columns of the terminal; 100 by default. */
  columns?: number;
  color?: boolean;
}

const states = ['claimed', 'new', 'delayed', 'dead', 'done'] as const;
type Counts = Record<MailboxEntry['state'], number>;

const longestCell = 200;
const longestReason = 500;

/** How many messages of each state each box has, by the box's name. */
export function countBoxes(entries: readonly MailboxEntry[]): Record<string, Counts> {
  const boxes: Record<string, Counts> = Object.create(null);
  for (const { recipient, state } of entries) {
    boxes[recipient] ??= { new: 0, delayed: 0, claimed: 0, done: 0, dead: 0 };
    boxes[recipient][state] += 1;
  }
  return boxes;
}

/** The boxes with their figures, then the messages in `shown`. No newline at the end. */
export function formatMailbox(
  entries: readonly MailboxEntry[],
  shown: readonly MailboxEntry[],
  { now, columns = 100, color = false }: FormatMailboxOptions,
): string {
  if (entries.length === 0) return 'There is no message.';
  const settings = { columns, paint: createPaint(color) };
  const boxes = formatTable(
    [{ title: 'BOX', minimum: 11 }, ...states.map((state) => ({ title: state.toUpperCase(), minimum: 7 }))],
    Object.entries(countBoxes(entries)).map(([name, counts]) => [
      name,
      ...states.map((state) => counts[state].toLocaleString('en-US')),
    ]),
    settings,
  );
  if (shown.length === 0) return boxes.join('\n');
  const messages = formatTable(
    [
      { title: 'BOX', minimum: 11 },
      { title: 'STATE', minimum: 7 },
      { title: 'MESSAGE', minimum: 16 },
      { title: 'AGE', minimum: 7 },
      { title: 'EPOCH', minimum: 5 },
      { title: 'BYTES', minimum: 6 },
      { title: 'WORKER', minimum: 10 },
    ],
    shown.map((entry) => [
      entry.recipient,
      entry.state,
      oneLine(entry.id, longestCell),
      ageOf(entry, now) ?? '-',
      String(entry.epoch),
      entry.bytes.toLocaleString('en-US'),
      workerText(entry, now),
    ]),
    settings,
  );
  return [...boxes, '', ...messages].join('\n');
}

/** One message with its content as JSON. No newline at the end. */
export function formatMessage(
  entry: MailboxEntry,
  envelope: Envelope | undefined,
  { now, color = false }: FormatMailboxOptions,
): string {
  const paint = createPaint(color);
  const { recipient, state, reason } = entry;
  return [
    `${paint('bold', oneLine(entry.id, longestCell))}  ${state} in the box ${recipient}`,
    `  ${historyText(entry, now)}`,
    ...(reason === undefined ? [] : [`  ${oneLine(reason, longestReason)}`]),
    '',
    envelope === undefined
      ? 'Its content is not one of a message.'
      : stripControl(JSON.stringify(envelope, undefined, 2)),
  ].join('\n');
}

/** What a person can do about a dead message, as command lines. */
export interface DeadSteps {
  look: string;
  /** Absent where nothing makes it deliverable, or its work is done. */
  again?: string;
}

/** Dead messages with their reasons and what can be done. No newline at the end. */
export function formatDead(
  dead: readonly (MailboxEntry & DeadSteps)[],
  { now, color = false }: FormatMailboxOptions,
): string {
  if (dead.length === 0) return 'No message is dead.';
  const paint = createPaint(color);
  return dead
    .map((entry) =>
      [
        `${paint('bold', oneLine(entry.id, longestCell))}  in the box ${entry.recipient}`,
        `  ${paint('red', oneLine(entry.reason ?? 'no reason given', longestReason))}`,
        `  ${historyText(entry, now)}`,
        `  look   ${oneLine(entry.look, longestReason)}`,
        ...(entry.again === undefined ? [] : [`  again  ${entry.again}`]),
      ].join('\n'),
    )
    .join('\n\n');
}

function historyText(entry: MailboxEntry, now: number): string {
  const { epoch, bytes, worker, beatMs } = entry;
  const age = ageOf(entry, now);
  const by = worker === undefined ? '' : `, last by ${worker}`;
  return [
    ...(age === undefined ? [] : [`published ${age} ago`]),
    epoch === 0 ? 'never claimed' : `claimed ${countOf(epoch, 'time')}${by}`,
    ...(beatMs === undefined ? [] : [`last heartbeat ${formatElapsed(now - beatMs)} ago`]),
    countOf(bytes, 'byte'),
  ].join(', ');
}

function ageOf({ publishedMs }: MailboxEntry, now: number): string | undefined {
  return publishedMs === undefined ? undefined : formatElapsed(now - publishedMs);
}

function workerText({ worker, beatMs }: MailboxEntry, now: number): string {
  if (worker === undefined) return '-';
  return beatMs === undefined ? worker : `${worker}, heartbeat ${formatElapsed(now - beatMs)} ago`;
}
