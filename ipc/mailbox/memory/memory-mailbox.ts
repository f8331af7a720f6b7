/**
 * The mailbox in the memory of one process: for tests and for runs whose messages need not survive. Same contract and
 * same suite as the file mailbox; messages are kept as JSON, so nothing is shared between sender and receiver.
 */
import { type Envelope, envelopeSchema } from '../../protocol/envelope.ts';
import type { Claim, DeadLetterReason, Mailbox, MailboxEntry, OutgoingMessage, PublishOptions } from '../mailbox.ts';
import { checkDelay, checkMessage, checkName, closedError, unknownRecipient } from '../outgoing.ts';
import { MemoryBox, type StoredMessage } from './memory-box.ts';

export interface MemoryMailboxOptions {
  /** A claim without a heartbeat for so long is taken back, ms; 30,000 by default. */
  leaseMs?: number;
  /** A message whose lease was lost so often is buried; 3 by default. */
  attemptLimit?: number;
}

export function createMemoryMailbox(options: MemoryMailboxOptions = {}): Mailbox {
  return new MemoryMailbox(options);
}

class MemoryMailbox implements Mailbox {
  readonly #leaseMs: number;
  readonly #attemptLimit: number;
  readonly #boxes = new Map<string, MemoryBox>();
  #sequence = 0;
  #closed = false;

  constructor({ leaseMs = 30_000, attemptLimit = 3 }: MemoryMailboxOptions) {
    this.#leaseMs = leaseMs;
    this.#attemptLimit = attemptLimit;
  }

  async open(recipient: string): Promise<void> {
    checkName('recipient', recipient);
    if (this.#closed) throw closedError();
    if (!this.#boxes.has(recipient)) this.#boxes.set(recipient, new MemoryBox());
  }

  async publish(recipient: string, envelope: Envelope, options?: PublishOptions): Promise<{ duplicate: boolean }> {
    const [result] = await this.publishMany(recipient, [{ envelope, ...options }]);
    return { duplicate: result?.duplicate === true };
  }

  async publishMany(recipient: string, messages: readonly OutgoingMessage[]): Promise<{ duplicate: boolean }[]> {
    const box = this.#at(recipient);
    const checked = messages.map(({ envelope, ...options }) => checkMessage(envelope, options));
    const results = checked.map(({ id, priority, delayMs, content }) => {
      if (box.messages.has(id)) return { duplicate: true };
      this.#sequence += 1;
      box.add({
        ...{ id, priority, content, sequence: this.#sequence, state: 'new', epoch: 0, losses: 0 },
        notBefore: performance.now() + delayMs,
        publishedMs: Date.now(),
      });
      return { duplicate: false };
    });
    box.wake();
    return results;
  }

  async claim(recipient: string, worker: string): Promise<Claim | undefined> {
    checkName('worker', worker);
    const box = this.#at(recipient);
    const message = box.first();
    if (message === undefined) return undefined;
    box.claim(message, worker);
    return { recipient, envelope: envelopeOf(message), epoch: message.epoch, worker, name: nameOf(message) };
  }

  async renew(claim: Claim): Promise<boolean> {
    const message = this.#held(claim);
    if (message !== undefined) this.#at(claim.recipient).beat(message);
    return message !== undefined;
  }

  async complete(claim: Claim): Promise<boolean> {
    const message = this.#held(claim);
    if (message !== undefined) message.state = 'done';
    return message !== undefined;
  }

  async fail(claim: Claim, how: Parameters<Mailbox['fail']>[1]): Promise<boolean> {
    const delayMs = how.retry ? checkDelay(how.delayMs ?? 0) : 0;
    const message = this.#held(claim);
    if (message === undefined) return false;
    if (how.retry) this.#at(claim.recipient).giveBack(message, delayMs);
    else bury(message, 'rejected', how.reason);
    return true;
  }

  async watch(recipient: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#at(recipient).wait(signal);
  }

  async reap(recipient: string): Promise<number> {
    const now = performance.now();
    return this.#takeBack(recipient, (message) => now - (message.beatAt ?? now) >= this.#leaseMs, 1);
  }

  async reapWorker(recipient: string, worker: string, how?: { blameless: boolean }): Promise<number> {
    return this.#takeBack(recipient, (message) => message.worker === worker, how?.blameless === true ? 0 : 1);
  }

  async read(recipient: string, id: string): ReturnType<Mailbox['read']> {
    const message = this.#at(recipient).messages.get(id);
    return message && { entry: entryOf(recipient, message), envelope: envelopeOf(message) };
  }

  async requeue(recipient: string, id: string): Promise<boolean> {
    const box = this.#at(recipient);
    const message = box.messages.get(id);
    if (message?.state !== 'dead') return false;
    message.losses = 0;
    delete message.reason;
    box.giveBack(message, 0);
    return true;
  }

  async list(recipient?: string, states?: readonly MailboxEntry['state'][]): Promise<MailboxEntry[]> {
    const recipients = recipient === undefined ? [...this.#boxes.keys()] : [recipient];
    const entries = recipients.flatMap((name) =>
      [...this.#at(name).messages.values()].map((message) => entryOf(name, message)),
    );
    return states === undefined ? entries : entries.filter(({ state }) => states.includes(state));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const box of this.#boxes.values()) box.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #at(recipient: string): MemoryBox {
    if (this.#closed) throw closedError();
    checkName('recipient', recipient);
    const box = this.#boxes.get(recipient);
    if (box === undefined) throw unknownRecipient(recipient, [...this.#boxes.keys()].sort());
    return box;
  }

  #held(claim: Claim): StoredMessage | undefined {
    const message = this.#at(claim.recipient).messages.get(claim.envelope.id);
    const held = message?.state === 'claimed' && message.epoch === claim.epoch && message.worker === claim.worker;
    return held ? message : undefined;
  }

  /** Each of these leases counts as so many losses. */
  #takeBack(recipient: string, lost: (message: StoredMessage) => boolean, losses: 0 | 1): number {
    const box = this.#at(recipient);
    const taken = [...box.messages.values()].filter((message) => message.state === 'claimed' && lost(message));
    for (const message of taken) {
      message.losses += losses;
      if (losses === 0 || message.losses < this.#attemptLimit) box.giveBack(message, 0);
      else bury(message, 'attempts-exhausted', `the lease was lost ${message.losses} times`);
    }
    return taken.length;
  }
}

function envelopeOf({ content }: StoredMessage): Envelope {
  return envelopeSchema.parse(JSON.parse(content));
}

function entryOf(recipient: string, message: StoredMessage): MailboxEntry {
  const { id, epoch, worker, reason, publishedMs, beatMs } = message;
  const state = message.state === 'new' && message.notBefore > performance.now() ? 'delayed' : message.state;
  return {
    ...{ recipient, state, id, name: nameOf(message), epoch, publishedMs },
    ...(worker === undefined || message.state === 'new' ? {} : { worker }),
    ...(reason === undefined ? {} : { reason }),
    ...(message.state === 'claimed' && beatMs !== undefined ? { beatMs } : {}),
    bytes: Buffer.byteLength(message.content),
  };
}

function bury(message: StoredMessage, reason: DeadLetterReason, detail: string): void {
  message.state = 'dead';
  message.reason = `${reason}: ${detail}`;
}

function nameOf({ priority, sequence, id, epoch }: StoredMessage): string {
  return `${priority}-${String(sequence).padStart(16, '0')}-${id}~${epoch}`;
}
