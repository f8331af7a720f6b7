import { processIdentity } from '../../doorbell/process-identity.ts';
import type { Box } from './box.ts';
import { deliver, type Staged, stage, targetOf } from './deliver.ts';
import { mailboxError } from './file-error.ts';
import { clearUp, type MailboxFileSystem } from './file-system.ts';
import type { MessageName } from './message-name.ts';
import { logLine, PublishLog } from './publish-log.ts';
import { retire, retireFinished } from './retire.ts';

export interface Outgoing {
  box: Box;
  name: MessageName;
  delayMs: number;
  content: string;
}

type Result = { duplicate: boolean } | { error: unknown };

interface Queued extends Outgoing {
  /** Called with an error, or when the message is durable. */
  settle(result: Result): void;
}

interface Underway {
  message: Queued;
  staged?: Staged;
  duplicate?: boolean;
  error?: unknown;
}

export interface PublisherOptions {
  fileSystem: MailboxFileSystem;
  durable: boolean;
  /** Called as soon as a batch can be claimed, for each box that got something, with the first name of those. */
  arrived(box: Box, base: string): void;
}

/** A batch has so many messages, and so much content unless a single message has more: enough to share a wait. */
const batchMessages = 256;
const batchCharacters = 2_000_000;

/**
 * Writes messages in the order they came, in batches: while one batch waits for the disk the next one gathers. Each
 * batch waits once, for the log; the messages' own files follow without a wait, since only a machine that stops can
 * lose what was written to them, and the log has it.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #process = processIdentity();
  readonly #queue: Queued[] = [];
  readonly #logs = new Map<Box, PublishLog>();
  readonly #closing = new AbortController();
  #working: Promise<void> | undefined;
  /** Logs are made superfluous one after another, beside everything else. */
  #retiring: Promise<void> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Resolves when all are durable, rejects when all are settled and one failed. */
  async send(messages: readonly Outgoing[]): Promise<{ duplicate: boolean }[]> {
    const results: Result[] = [];
    let open = messages.length;
    if (open === 0) return [];
    await new Promise<void>((resolve) => {
      for (const [index, message] of messages.entries()) {
        const settle = (result: Result): void => {
          results[index] = result;
          open -= 1;
          if (open === 0) resolve();
        };
        this.#queue.push({ ...message, settle });
      }
      this.#working ??= this.#work();
    });
    return results.map((result) => {
      if ('error' in result) throw result.error;
      return result;
    });
  }

  /** Remove the logs that processes left in a box, in the background: what they hold is made durable first. */
  tidy(box: Box): void {
    this.#retire(() => retireFinished(this.#options.fileSystem, box, this.#closing.signal));
  }

  /** Resolves when everything sent so far is settled. Logs stay: making them superfluous could take a while. */
  async close(): Promise<void> {
    await this.#working;
    this.#closing.abort();
    await this.#retiring;
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  async #work(): Promise<void> {
    // One turn of the event loop's microtasks: publishes called side by side become one batch.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#batch(this.#queue.splice(0, this.#batchLength()));
    this.#working = undefined;
  }

  #batchLength(): number {
    let characters = 0;
    const length = this.#queue.slice(0, batchMessages).findIndex(({ content }) => {
      characters += content.length;
      return characters > batchCharacters;
    });
    return length < 0 ? batchMessages : Math.max(1, length);
  }

  async #batch(messages: readonly Queued[]): Promise<void> {
    const batch = messages.map((message) => this.#stage(message));
    const groups = new Map<Box, Underway[]>();
    for (const one of batch) {
      const group = groups.get(one.message.box);
      if (group === undefined) groups.set(one.message.box, [one]);
      else group.push(one);
    }
    if (this.#options.durable) await Promise.all([...groups].map(([box, group]) => this.#log(box, group)));
    for (const one of batch) this.#deliver(one);
    for (const [box, group] of groups) this.#announce(box, group);
    if (this.#options.durable) await Promise.all([...groups].map(([box, group]) => this.#rotate(box, group)));
    for (const { message, error, duplicate } of batch) {
      const doing = `publishing ${message.name.id} to ${message.box.recipient}`;
      message.settle(error === undefined ? { duplicate: duplicate === true } : { error: mailboxError(doing, error) });
    }
  }

  #stage(message: Queued): Underway {
    try {
      const target = targetOf(message.name, message.delayMs);
      return { message, staged: stage(this.#options.fileSystem, message.box, this.#process, target, message.content) };
    } catch (error) {
      return { message, error };
    }
  }

  /** Resolves when the log has what was staged; no message may be seen that a machine which stops could tear. */
  async #log(box: Box, group: readonly Underway[]): Promise<void> {
    const { fileSystem } = this.#options;
    const lines = group.flatMap(({ message, staged }) => (staged ? logLine(staged.text, message.content) : []));
    if (lines.length === 0) return;
    const log = this.#logs.get(box) ?? new PublishLog(fileSystem, box, this.#process);
    this.#logs.set(box, log);
    try {
      await log.append(lines.join(''));
    } catch (error) {
      for (const one of group) one.error ??= error;
    }
  }

  #deliver(one: Underway): void {
    const { fileSystem } = this.#options;
    const { staged, message } = one;
    if (staged === undefined) return;
    if (one.error !== undefined) {
      clearUp(() => fileSystem.unlink(staged.path));
      return;
    }
    try {
      one.duplicate = deliver(fileSystem, message.box, staged).duplicate;
    } catch (error) {
      one.error = error;
    }
  }

  #announce(box: Box, group: readonly Underway[]): void {
    const bases = group.flatMap(({ message, error }) => (error === undefined ? message.name.base : []));
    if (bases.length > 0)
      this.#options.arrived(
        box,
        bases.reduce((first, base) => (base < first ? base : first)),
      );
  }

  /**
   * Begin another log when this one is full; and when a message failed that stands in it, which must not come back
   * after a restart: then its sender hears of it once the log is gone.
   */
  async #rotate(box: Box, group: readonly Underway[]): Promise<void> {
    const log = this.#logs.get(box);
    const failed = group.some(({ staged, error }) => staged !== undefined && error !== undefined);
    if (log === undefined || !(failed || log.isFull)) return;
    log.close();
    this.#logs.delete(box);
    const { fileSystem } = this.#options;
    const retired = this.#retire(() => retire(fileSystem, box, log.path, this.#closing.signal));
    if (failed) await retired;
  }

  /** What fails is left for the next one to retire: until then the log does its service. */
  #retire(action: () => Promise<void>): Promise<void> {
    this.#retiring = this.#retiring.then(action).catch(() => {});
    return this.#retiring;
  }
}
