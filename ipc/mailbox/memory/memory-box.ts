import { closedError } from '../outgoing.ts';

export interface StoredMessage {
  id: string;
  priority: number;
  sequence: number;
  content: string;
  /** Wall clock, ms since 1970. */
  publishedMs: number;
  /** Monotonic time before which it is not delivered, ms. */
  notBefore: number;
  state: 'new' | 'claimed' | 'done' | 'dead';
  epoch: number;
  losses: number;
  worker?: string;
  /** Monotonic time of the last heartbeat, ms, and the wall clock's. */
  beatAt?: number;
  beatMs?: number;
  reason?: string;
}

/** One recipient's messages. Waiting ones are kept sorted, so that taking the first is cheap with any backlog. */
export class MemoryBox {
  readonly messages = new Map<string, StoredMessage>();
  /** Waiting messages by priority, each list in the order of sequence from its head on. */
  readonly #waiting = Array.from({ length: 10 }, () => new WaitingList());
  readonly #delayed = new Set<StoredMessage>();
  readonly #waiters = new Set<{ resolve: () => void; reject: (error: unknown) => void }>();
  #timer: NodeJS.Timeout | undefined;

  add(message: StoredMessage): void {
    this.messages.set(message.id, message);
    this.#enqueue(message);
  }

  first(): StoredMessage | undefined {
    const now = performance.now();
    for (const message of this.#delayed) {
      if (message.notBefore > now) continue;
      this.#delayed.delete(message);
      this.#waiting[message.priority]?.insert(message);
    }
    return this.#waiting.find((list) => list.first !== undefined)?.first;
  }

  claim(message: StoredMessage, worker: string): void {
    this.#waiting[message.priority]?.removeFirst();
    message.state = 'claimed';
    message.epoch += 1;
    message.worker = worker;
    this.beat(message);
  }

  beat(message: StoredMessage): void {
    message.beatAt = performance.now();
    message.beatMs = Date.now();
  }

  giveBack(message: StoredMessage, delayMs: number): void {
    message.state = 'new';
    message.notBefore = performance.now() + delayMs;
    this.#enqueue(message);
    this.wake();
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.first() !== undefined) return;
    let aborted = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { resolve, reject };
        aborted = () => {
          this.#waiters.delete(waiter);
          reject(signal.reason);
        };
        this.#waiters.add(waiter);
        signal.addEventListener('abort', aborted, { once: true });
        this.#wakeWhenDue();
      });
    } finally {
      signal.removeEventListener('abort', aborted);
    }
  }

  /** Wake those who wait if there is something for them, or when there will be. */
  wake(): void {
    if (this.#waiters.size === 0) return;
    if (this.first() === undefined) {
      this.#wakeWhenDue();
      return;
    }
    for (const { resolve } of this.#waiters) resolve();
    this.#waiters.clear();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiters) reject(closedError());
    this.#waiters.clear();
  }

  #enqueue(message: StoredMessage): void {
    if (message.notBefore > performance.now()) this.#delayed.add(message);
    else this.#waiting[message.priority]?.insert(message);
  }

  #wakeWhenDue(): void {
    clearTimeout(this.#timer);
    const due = Math.min(...[...this.#delayed].map((message) => message.notBefore));
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(due - performance.now() + 1, 2_147_483_647)).unref();
  }
}

/** A list whose head moves: taking the first is O(1), and so is adding one that sorts last. */
class WaitingList {
  #messages: StoredMessage[] = [];
  #head = 0;

  get first(): StoredMessage | undefined {
    return this.#messages[this.#head];
  }

  insert(message: StoredMessage): void {
    let at = this.#messages.length;
    while (at > this.#head && (this.#messages[at - 1]?.sequence ?? 0) > message.sequence) at -= 1;
    this.#messages.splice(at, 0, message);
  }

  removeFirst(): void {
    this.#head += 1;
    if (this.#head < 1_024 || this.#head * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#head);
    this.#head = 0;
  }
}
