/**
 * What was published lately, for the case that the machine stops: a line per message in log/. A message is acknowledged
 * when its line is on the disk; its own file, which everybody works with, gets there in the system's own time. Written
 * by the publisher, read after a crash (restore.ts), removed when it is not needed any more (retire.ts).
 *   name  `<boot>~<process>~<random>`: in which life of the machine it was written, and by whom
 *   line  `{"crc":"9ae0daaf","name":"<name in new/ or later/>","envelope":{…}}`, the CRC-32 of `<name>:<envelope>`
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Box } from './box.ts';
import { clearUp, codeOf, type MailboxFileSystem } from './file-system.ts';
import { type DelayedName, type MessageName, parseTarget } from './message-name.ts';
import { syncPath } from './sync-path.ts';

/** A log that has passed this size is closed, so that what it holds can be made durable without it. */
const fullBytes = 4 * 1024 * 1024;

export interface LoggedMessage {
  name: MessageName | DelayedName;
  /** The name of its file in new/ or later/. */
  text: string;
  /** The envelope as JSON. */
  content: string;
}

export function logLine(text: string, content: string): string {
  return `{"crc":"${checksum(text, content)}","name":"${text}","envelope":${content}}\n`;
}

/** The messages of a log without those lines that are not whole; none when it has gone. */
export function readLog(fileSystem: MailboxFileSystem, path: string): LoggedMessage[] {
  try {
    const lines = fileSystem.read(path, Number.POSITIVE_INFINITY).toString().split('\n');
    return lines.flatMap((line) => parseLine(line) ?? []);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Who wrote a log, and when. Undefined for what is not the name of one. */
export function parseLogName(name: string): { boot: string; process: string } | undefined {
  const [, boot, process] = /^([0-9a-f-]{1,64})~([0-9.]{1,60})~[0-9a-f]{16}$/.exec(name) ?? [];
  return boot === undefined || process === undefined ? undefined : { boot, process };
}

/** The boot in the names of logs where the system gives its boots no names. */
const unnamedBoot = '0';

/** Whether a log may be from before the machine stopped. */
export function isFromBefore(fileSystem: MailboxFileSystem, boot: string): boolean {
  const now = fileSystem.bootId();
  return now === undefined || now !== boot;
}

/** Whether it certainly is. */
export function isCertainlyFromBefore(fileSystem: MailboxFileSystem, boot: string): boolean {
  return boot !== unnamedBoot && fileSystem.bootId() !== undefined && isFromBefore(fileSystem, boot);
}

export class PublishLog {
  readonly path: string;
  readonly #fileSystem: MailboxFileSystem;
  readonly #folder: string;
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(fileSystem: MailboxFileSystem, box: Box, process: string) {
    this.#fileSystem = fileSystem;
    this.#folder = box.path.log;
    const boot = fileSystem.bootId() ?? unnamedBoot;
    this.path = `${this.#folder}/${boot}~${process}~${randomBytes(8).toString('hex')}`;
  }

  get isFull(): boolean {
    return this.#bytes > fullBytes;
  }

  /** Resolves when the lines are on the disk. When it rejects, some may be: the log must not be used any more. */
  async append(lines: string): Promise<void> {
    const isNew = this.#descriptor === undefined;
    this.#descriptor ??= this.#fileSystem.create(this.path);
    this.#fileSystem.write(this.#descriptor, lines);
    this.#bytes += lines.length;
    await Promise.all([
      this.#fileSystem.sync(this.#descriptor),
      isNew ? syncPath(this.#fileSystem, this.#folder) : undefined,
    ]);
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) clearUp(() => this.#fileSystem.close(descriptor));
  }
}

const linePattern = /^\{"crc":"([0-9a-f]{8})","name":"([0-9a-z~-]{1,255})","envelope":(.*)\}$/s;

function parseLine(line: string): LoggedMessage | undefined {
  const [, crc, text, content] = linePattern.exec(line) ?? [];
  if (text === undefined || content === undefined || checksum(text, content) !== crc) return undefined;
  const name = parseTarget(text);
  return name && { name, text, content };
}

function checksum(text: string, content: string): string {
  return crc32(`${text}:${content}`).toString(16).padStart(8, '0');
}
