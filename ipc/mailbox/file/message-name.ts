/**
 * The names of message files. They carry all that a mailbox must know of a message without reading it:
 *   base     `<priority>-<sender-seq>-<sender-ulid>-<envelope id>`: sorted by name, a sender's messages are in order
 *   waiting  `<base>~<epoch>~<losses>`                       in new/
 *   delayed  `<due>~<delay>~<base>~<epoch>~<losses>`         in later/, times in ms
 *   claimed  `<base>~<worker>~<epoch>~<losses>`              in cur/, and afterwards in done/
 *   dead     `<claimed>~<reason>`                            in dead/
 * `epoch` counts claims and is the fencing token; `losses` counts leases that were lost and limits the attempts.
 * No name passes 220 bytes; file systems allow 255.
 */
export interface MessageName {
  base: string;
  priority: number;
  id: string;
  epoch: number;
  losses: number;
}

export interface DelayedName extends MessageName {
  /** Wall clock, ms since 1970: the only clock that survives a restart. */
  dueMs: number;
  delayMs: number;
}

export interface ClaimedName extends MessageName {
  worker: string;
}

const base = /([0-9])-[0-9]{16}-[0-9a-z]{26}-([a-z0-9-]{1,64})/.source;
const counts = /([0-9]{1,6})~([0-9]{1,6})/.source;
const waitingPattern = new RegExp(`^(${base})~${counts}$`);
const delayedPattern = new RegExp(`^([0-9]{15})~([0-9]{1,15})~(${base})~${counts}$`);
const claimedPattern = new RegExp(`^(${base})~([a-z0-9-]{1,64})~${counts}$`);

export function baseName(priority: number, sequence: number, sender: string, id: string): string {
  return `${priority}-${String(sequence).padStart(16, '0')}-${sender}-${id}`;
}

export function waitingName(name: MessageName): string {
  return `${name.base}~${name.epoch}~${name.losses}`;
}

export function delayedName(name: MessageName, dueMs: number, delayMs: number): string {
  return `${String(dueMs).padStart(15, '0')}~${delayMs}~${waitingName(name)}`;
}

export function claimedName(name: MessageName, worker: string): string {
  return `${name.base}~${worker}~${name.epoch}~${name.losses}`;
}

export function parseWaiting(text: string): MessageName | undefined {
  const [, baseText, priority, id, epoch, losses] = waitingPattern.exec(text) ?? [];
  return messageName(baseText, priority, id, epoch, losses);
}

export function parseDelayed(text: string): DelayedName | undefined {
  const [, due, delay, baseText, priority, id, epoch, losses] = delayedPattern.exec(text) ?? [];
  const name = messageName(baseText, priority, id, epoch, losses);
  return name && { ...name, dueMs: Number(due), delayMs: Number(delay) };
}

export function parseClaimed(text: string): ClaimedName | undefined {
  const [, baseText, priority, id, worker, epoch, losses] = claimedPattern.exec(text) ?? [];
  const name = messageName(baseText, priority, id, epoch, losses);
  return name && worker !== undefined ? { ...name, worker } : undefined;
}

/** What a message is called where it was published to: in new/ or later/. */
export function parseTarget(text: string): MessageName | DelayedName | undefined {
  return parseDelayed(text) ?? parseWaiting(text);
}

/** When the sender numbered the message, wall clock, ms since 1970. */
export function publishedMs(base: string): number {
  return Math.floor(Number(sequenceOf(base)) / 1_000);
}

/** What orders and identifies a sender's messages, by position: cheap for thousands of names. */
export function sequenceOf(waiting: string): string {
  return waiting.slice(2, 18);
}

export function senderOf(waiting: string): string {
  return waiting.slice(19, 45);
}

function messageName(
  baseText: string | undefined,
  priority: string | undefined,
  id: string | undefined,
  epoch: string | undefined,
  losses: string | undefined,
): MessageName | undefined {
  if (baseText === undefined || id === undefined) return undefined;
  return { base: baseText, priority: Number(priority), id, epoch: Number(epoch), losses: Number(losses) };
}
