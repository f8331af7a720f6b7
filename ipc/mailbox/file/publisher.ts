import { processIdentity } from '../../doorbell/process-identity.ts';
import type { Box } from './box.ts';
import { deliver, type Staged, targetOf } from './deliver.ts';
import { mailboxError } from './file-error.ts';
import { clearUp, codeOf, type MailboxFileSystem } from './file-system.ts';
import type { MessageName } from './message-name.ts';
import { syncFolder } from './sync-folder.ts';

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

export interface PublisherOptions {
  fileSystem: MailboxFileSystem;
  durable: boolean;
  /** Called as soon as a batch can be claimed, for each box that got something, with the first name of those. */
  arrived(box: Box, base: string): void;
}

/** Files of one batch that are open at once: enough to share the disk's commits, few against any limit. */
const batchSize = 64;

/**
 * Writes messages in the order they came, in batches: while one batch waits for the disk the next one gathers. The
 * disk's commits are what publishing costs, and the messages of a batch share them.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #process = processIdentity();
  readonly #queue: Queued[] = [];
  #working: Promise<void> | undefined;

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

  /** Resolves when everything sent so far is settled. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // One turn of the event loop's microtasks: publishes called side by side become one batch.
    await Promise.resolve();
    for (let from = 0; from < this.#queue.length; from = 0) {
      const messages = this.#queue.slice(0, batchSize);
      const taken = await this.#batch(messages).catch((error: unknown) => {
        for (const { settle } of messages) settle({ error });
        return messages.length;
      });
      this.#queue.splice(0, taken);
    }
    this.#working = undefined;
  }

  /** Publish a batch, or its first part where files run out. Returns how many were settled. */
  async #batch(messages: readonly Queued[]): Promise<number> {
    const written: Written[] = [];
    for (const [index, message] of messages.entries()) {
      try {
        written.push(this.#write(message));
      } catch (error) {
        if (index > 0 && (codeOf(error) === 'EMFILE' || codeOf(error) === 'ENFILE')) break;
        written.push({ message, error });
      }
    }
    await Promise.all(written.map((one) => this.#syncFile(one)));
    for (const one of written) this.#deliver(one);
    this.#announce(written);
    if (this.#options.durable) await this.#syncFolders(written);
    for (const { message, error, duplicate } of written) {
      const doing = `publishing ${message.name.id} to ${message.box.recipient}`;
      message.settle(error === undefined ? { duplicate: duplicate === true } : { error: mailboxError(doing, error) });
    }
    return written.length;
  }

  #write(message: Queued): Written {
    const { fileSystem } = this.#options;
    const target = targetOf(message.name, message.delayMs);
    const path = `${message.box.path.tmp}/${this.#process}~${target.text}`;
    const descriptor = fileSystem.create(path);
    try {
      fileSystem.write(descriptor, message.content);
    } catch (error) {
      clearUp(() => fileSystem.close(descriptor));
      clearUp(() => fileSystem.unlink(path));
      throw error;
    }
    return { message, descriptor, staged: { ...target, path } };
  }

  async #syncFile(one: Written): Promise<void> {
    if (one.descriptor === undefined) return;
    const { fileSystem, durable } = this.#options;
    const { descriptor } = one;
    try {
      if (durable) await fileSystem.sync(descriptor);
    } catch (error) {
      one.error = error;
    }
    clearUp(() => fileSystem.close(descriptor));
  }

  #deliver(one: Written): void {
    if (one.staged === undefined) return;
    const { fileSystem } = this.#options;
    try {
      if (one.error === undefined) Object.assign(one, deliver(fileSystem, one.message.box, one.staged));
    } catch (error) {
      one.error = error;
    }
    const { path } = one.staged;
    if (one.error !== undefined) clearUp(() => fileSystem.unlink(path));
  }

  #announce(written: readonly Written[]): void {
    const first = new Map<Box, string>();
    for (const { message, error } of written) {
      if (error !== undefined) continue;
      const { box, name } = message;
      const known = first.get(box);
      if (known === undefined || name.base < known) first.set(box, name.base);
    }
    for (const [box, base] of first) this.#options.arrived(box, base);
  }

  async #syncFolders(written: readonly Written[]): Promise<void> {
    const folders = new Set(written.flatMap((one) => one.folders ?? []));
    const failures = new Map<string, unknown>();
    await Promise.all(
      [...folders].map((folder) =>
        syncFolder(this.#options.fileSystem, folder).catch((error: unknown) => failures.set(folder, error)),
      ),
    );
    for (const one of written) {
      const failed = one.folders?.find((folder) => failures.has(folder));
      if (failed !== undefined) one.error ??= failures.get(failed);
    }
  }
}

interface Written {
  message: Queued;
  descriptor?: number;
  staged?: Staged;
  folders?: string[];
  duplicate?: boolean;
  error?: unknown;
}
