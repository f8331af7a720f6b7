/**
 * The mailbox on a local disk: one file per message, every change of state one atomic rename, so that it can be killed
 * at any moment and used by many processes. Called through the Mailbox contract (../mailbox.ts). Layout: box.ts; names:
 * message-name.ts; how publishing stays idempotent: deliver.ts; who may take claims back, and when: reaper.ts.
 */
import { dirname, join, resolve } from 'node:path';
import { createRinger } from '../../doorbell/ringer.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { Claim, Mailbox, MailboxEntry, OutgoingMessage, PublishOptions } from '../mailbox.ts';
import { checkDelay, checkMessage, checkName, closedError, unknownRecipient } from '../outgoing.ts';
import { type Box, createBox, findBox } from './box.ts';
import { mailboxError } from './file-error.ts';
import { clearUp, type MailboxFileSystem, namesIn, nodeFileSystem } from './file-system.ts';
import { requireFormat } from './format.ts';
import { listBox, readEntry } from './listing.ts';
import { requireLocalDisk } from './local-disk.ts';
import { baseName, sequenceOf } from './message-name.ts';
import { ensurePrivateRoot } from './private-folder.ts';
import { Publisher } from './publisher.ts';
import { Reaper } from './reaper.ts';
import { requeueDead } from './requeue.ts';
import { restore } from './restore.ts';
import { createSender } from './sender.ts';
import { Station } from './station.ts';
import { syncPath } from './sync-path.ts';
import { Watcher } from './watcher.ts';

export interface FileMailboxOptions {
  /** Made if it is not there, 0700. It must belong to this user and lie on a local disk. */
  folder: string;
  /** A claim without a heartbeat for so long is taken back, ms; 30,000 by default. */
  leaseMs?: number;
  /** A message whose lease was lost so often is buried; 3 by default. */
  attemptLimit?: number;
  /** Wait for the disk before acknowledging a publish; true by default. False survives a kill, but not a power cut. */
  durable?: boolean;
  /** How often `watch` looks for itself, ms; 2,000 by default. */
  safetyScanMs?: number;
  fileSystem?: MailboxFileSystem;
}

/** Throws `mailbox-failed` when the folder can't be used safely. */
export function createFileMailbox(options: FileMailboxOptions): Mailbox {
  return new FileMailbox(options);
}

class FileMailbox implements Mailbox {
  readonly #folder: string;
  readonly #options: FileMailboxOptions;
  readonly #fileSystem: MailboxFileSystem;
  readonly #sender = createSender();
  readonly #stations = new Map<string, { station: Station; reaper: Reaper }>();
  readonly #ringer = createRinger();
  readonly #watcher: Watcher;
  readonly #publisher: Publisher;
  #closed = false;

  constructor(options: FileMailboxOptions) {
    const { fileSystem = nodeFileSystem, durable = true, safetyScanMs = 2_000 } = options;
    this.#folder = resolve(options.folder);
    this.#options = options;
    this.#fileSystem = fileSystem;
    this.#watcher = new Watcher(safetyScanMs);
    this.#publisher = new Publisher({ fileSystem, durable, arrived: (box, base) => this.#arrived(box, base) });
    this.#guard('opening', () => {
      ensurePrivateRoot(fileSystem, this.#folder);
      requireLocalDisk(this.#folder);
      requireFormat(fileSystem, this.#folder);
    });
  }

  async open(recipient: string): Promise<void> {
    checkName('recipient', recipient);
    const { isNew } = this.#guard(`opening ${recipient}`, () => createBox(this.#fileSystem, this.#folder, recipient));
    if (isNew && this.#options.durable !== false) {
      for (const folder of [join(this.#folder, recipient), this.#folder, dirname(this.#folder)]) {
        await syncPath(this.#fileSystem, folder).catch((error: unknown) => {
          throw mailboxError(`opening ${recipient}`, error);
        });
      }
    }
    this.#at(recipient);
  }

  async publish(recipient: string, envelope: Envelope, options?: PublishOptions): Promise<{ duplicate: boolean }> {
    const [result] = await this.publishMany(recipient, [{ envelope, ...options }]);
    return { duplicate: result?.duplicate === true };
  }

  async publishMany(recipient: string, messages: readonly OutgoingMessage[]): Promise<{ duplicate: boolean }[]> {
    const { station } = this.#at(recipient);
    const checked = messages.map(({ envelope, ...options }) => checkMessage(envelope, options));
    const outgoing = this.#guard(`publishing to ${recipient}`, () => {
      for (const { priority } of checked) station.box.arrivals(priority).current();
      return checked.map(({ id, priority, delayMs, content }) => {
        const base = baseName(priority, this.#sender.nextSequence(), this.#sender.ulid, id);
        return { box: station.box, name: { base, priority, id, epoch: 0, losses: 0 }, delayMs, content };
      });
    });
    return this.#publisher.send(outgoing);
  }

  async claim(recipient: string, worker: string): Promise<Claim | undefined> {
    checkName('worker', worker);
    const { station } = this.#at(recipient);
    return this.#guard(`claiming from ${recipient}`, () => station.claim(worker));
  }

  async renew(claim: Claim): Promise<boolean> {
    const { station } = this.#at(claim.recipient);
    return this.#guard(`renewing ${claim.envelope.id}`, () => station.renew(claim));
  }

  async complete(claim: Claim): Promise<boolean> {
    const { station } = this.#at(claim.recipient);
    return this.#guard(`completing ${claim.envelope.id}`, () => station.complete(claim));
  }

  async fail(claim: Claim, how: Parameters<Mailbox['fail']>[1]): Promise<boolean> {
    const { station } = this.#at(claim.recipient);
    const delayMs = how.retry ? checkDelay(how.delayMs ?? 0) : 0;
    return this.#guard(`failing ${claim.envelope.id}`, () => {
      if (!how.retry) return station.bury(claim, 'rejected', how.reason);
      const done = station.giveBack(claim, delayMs);
      if (done) this.#arrived(station.box, claim.name);
      return done;
    });
  }

  async watch(recipient: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { station } = this.#at(recipient);
    try {
      await this.#watcher.wait(station, signal);
    } catch (error) {
      throw signal.aborted ? error : mailboxError(`watching ${recipient}`, error);
    }
  }

  async reap(recipient: string): Promise<number> {
    const { reaper, station } = this.#at(recipient);
    this.#publisher.tidy(station.box);
    return this.#guard(`reaping ${recipient}`, () => reaper.reap());
  }

  async reapWorker(recipient: string, worker: string, how?: { blameless: boolean }): Promise<number> {
    const { reaper } = this.#at(recipient);
    return this.#guard(`reaping ${recipient}`, () => reaper.reapWorker(worker, how?.blameless === true ? 0 : 1));
  }

  async read(recipient: string, id: string): ReturnType<Mailbox['read']> {
    const { box } = this.#at(recipient).station;
    return this.#guard(`reading ${id}`, () => readEntry(this.#fileSystem, box, id));
  }

  async requeue(recipient: string, id: string): Promise<boolean> {
    const { box } = this.#at(recipient).station;
    const base = this.#guard(`requeueing ${id}`, () => requeueDead(this.#fileSystem, box, id));
    if (base !== undefined) this.#arrived(box, base);
    return base !== undefined;
  }

  async list(recipient?: string, states?: readonly MailboxEntry['state'][]): Promise<MailboxEntry[]> {
    const recipients = recipient === undefined ? this.#known() : [recipient];
    const entries: MailboxEntry[] = [];
    for (const name of recipients) {
      const { box } = this.#at(name).station;
      const found = await listBox(this.#fileSystem, box, states).catch((error: unknown) => {
        throw mailboxError(`listing ${name}`, error);
      });
      for (const entry of found) entries.push(entry);
    }
    return entries;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#publisher.close();
    this.#ringer.close();
    await this.#watcher.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #at(recipient: string): { station: Station; reaper: Reaper } {
    if (this.#closed) throw closedError();
    const known = this.#stations.get(recipient);
    if (known !== undefined) return known;
    checkName('recipient', recipient);
    const entered = (names: readonly string[]): void => {
      for (const name of names) this.#sender.passSequence(Number(sequenceOf(name)));
    };
    const box = this.#guard(`opening ${recipient}`, () => findBox(this.#fileSystem, this.#folder, recipient, entered));
    if (box === undefined) throw unknownRecipient(recipient, this.#known());
    this.#guard(`restoring ${recipient}`, () => restore(this.#fileSystem, box));
    const { leaseMs = 30_000, attemptLimit = 3 } = this.#options;
    const place = {
      station: new Station(this.#fileSystem, box),
      reaper: new Reaper({
        fileSystem: this.#fileSystem,
        box,
        leaseMs,
        attemptLimit,
        arrived: (at, base) => this.#arrived(at, base),
      }),
    };
    this.#stations.set(recipient, place);
    return place;
  }

  #known(): string[] {
    return namesIn(this.#fileSystem, this.#folder)
      .filter((name) => this.#fileSystem.exists(join(this.#folder, name, 'pulse')))
      .sort();
  }

  /** Tell everybody who waits. What fails here is made good by the others' safety scan. */
  #arrived(box: Box, base: string): void {
    const { recipient, path } = box;
    this.#stations.get(recipient)?.station.arrived(base);
    this.#watcher.ring(recipient, base);
    clearUp(() => this.#ringer.ring(path.bells, `${recipient} ${base}`, this.#watcher.ownBells));
    clearUp(() => this.#fileSystem.touch(path.pulse, Date.now()));
  }

  #guard<Result>(doing: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw mailboxError(doing, error);
    }
  }
}
