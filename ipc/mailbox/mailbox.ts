/**
 * The mailbox: durable messages between coordinator and workers. One contract, several stores (file, memory, later
 * Redis). Promise: a message whose publish resolved is delivered at least once and is acknowledged at most once; who
 * lost the lease (epoch) can't acknowledge. Contract suite: tests/contract/mailbox.
 */
import type { Envelope } from '../protocol/envelope.ts';

export interface PublishOptions {
  /** 0 is first, 9 last; 5 by default. Same priority and sender: delivered in the order of publishing. */
  priority?: number;
  /** Not delivered before so many milliseconds. */
  delayMs?: number;
}

/** A message on loan to one claimer until it completes, fails or loses the lease. */
export interface Claim {
  readonly recipient: string;
  readonly envelope: Envelope;
  /** Fencing token: how often this message was claimed, the current one included. 1 the first time. */
  readonly epoch: number;
  readonly worker: string;
  /** The store's own name of the message, as `list` shows it. */
  readonly name: string;
}

/** One message of a batch. */
export interface OutgoingMessage extends PublishOptions {
  envelope: Envelope;
}

export type DeadLetterReason = 'invalid' | 'attempts-exhausted' | 'rejected';

export interface MailboxEntry {
  recipient: string;
  state: 'new' | 'delayed' | 'claimed' | 'done' | 'dead';
  id: string;
  name: string;
  epoch: number;
  worker?: string;
  reason?: string;
  bytes: number;
  /** When it was published, by the sender's wall clock, ms since 1970; unknown for a file that never was a message. */
  publishedMs?: number;
  /** Of a claimed message: when its worker last said that it lives, by its wall clock, ms since 1970. */
  beatMs?: number;
}

export interface Mailbox extends AsyncDisposable {
  /**
   * Durable once it resolves. Publishing an envelope with an id that the recipient has already is a no-op that
   * resolves with `duplicate: true`. Unknown recipients are refused with `mailbox-unknown-recipient`.
   */
  publish(recipient: string, envelope: Envelope, options?: PublishOptions): Promise<{ duplicate: boolean }>;

  /**
   * Publish many in order, cheaper than one by one. Resolves when all are durable, with a result for each. When it
   * rejects, some may have been published: publishing the same again is safe, since ids are idempotent.
   */
  publishMany(recipient: string, messages: readonly OutgoingMessage[]): Promise<{ duplicate: boolean }[]>;

  /** Make a recipient known. Idempotent. */
  open(recipient: string): Promise<void>;

  /** The next message in order, or undefined when there is none now. Never waits. */
  claim(recipient: string, worker: string): Promise<Claim | undefined>;

  /** Keep the lease. False when it was lost: stop working on it. */
  renew(claim: Claim): Promise<boolean>;

  /** Done, for good. False when the lease was lost meanwhile: then the work must not count. */
  complete(claim: Claim): Promise<boolean>;

  /** Give it back (`retry`, after `delayMs`) or bury it (`dead`, with the reason). False when the lease was lost. */
  fail(claim: Claim, how: { retry: true; delayMs?: number } | { retry: false; reason: string }): Promise<boolean>;

  /** Resolves when something may be there to claim for this recipient, at once when there is; rejects on abort. */
  watch(recipient: string, signal: AbortSignal): Promise<void>;

  /**
   * Take back claims whose lease has expired by this process's own observation. Returns how many. A claim is delivered
   * again, or buried as `attempts-exhausted` when its lease was lost too often. Call it at least every third of a
   * lease: time that passed unobserved (this process was stopped) counts for half a lease at most.
   */
  reap(recipient: string): Promise<number>;

  /**
   * Take back the claims of a worker that is known to be dead, without waiting for the lease. Returns how many. With
   * `blameless` the loss does not count towards the attempt limit: the worker died with its coordinator, not of a message.
   */
  reapWorker(recipient: string, worker: string, how?: { blameless: boolean }): Promise<number>;

  /** The envelope of a message in any state, for people; undefined when there is none with this id. */
  read(recipient: string, id: string): Promise<{ entry: MailboxEntry; envelope: Envelope | undefined } | undefined>;

  /**
   * Deliver a dead message again, its losses forgotten; its epochs go on, so that no earlier claimer can acknowledge.
   * False when no dead message has this id. What could only be buried again is refused with `mailbox-invalid-message`.
   */
  requeue(recipient: string, id: string): Promise<boolean>;

  /** What is there, for people: of one recipient or all, in some states or all. What has ended makes it long. */
  list(recipient?: string, states?: readonly MailboxEntry['state'][]): Promise<MailboxEntry[]>;

  close(): Promise<void>;
}
