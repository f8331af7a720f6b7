/**
 * Waits for mail. Whichever comes first wakes: the doorbell, the file watch on the box's pulse, a delayed message's
 * time, or the safety scan, which looks for itself and so needs nobody's help. Used by the file mailbox for `watch`.
 */
import { type FSWatcher, watch } from 'node:fs';
import { type Bell, openBell } from '../../doorbell/bell.ts';
import { closedError } from '../outgoing.ts';
import type { Box } from './box.ts';

export interface Watched {
  box: Box;
  /** Whether something can be claimed now, by looking. */
  hasMail(): boolean;
  /** Milliseconds until a delayed message is due. */
  nextMs(): number | undefined;
  /** A message of that name arrived. */
  arrived(base: string): void;
}

interface Listener {
  watched: Watched;
  waiters: Set<Waiter>;
  files: FSWatcher | undefined;
  due: NodeJS.Timeout | undefined;
}

interface Waiter {
  woken(): void;
  failed(error: unknown): void;
}

/** The longest delay that a timer of Node.js takes, ms. */
const longestTimerMs = 2_147_483_647;

export class Watcher {
  readonly #safetyScanMs: number;
  readonly #listeners = new Map<string, Listener>();
  /** Names of this instance's registrations: it needs no bell to hear itself. */
  readonly ownBells = new Set<string>();
  #bell: Promise<Bell | undefined> | undefined;
  #scan: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(safetyScanMs: number) {
    this.#safetyScanMs = safetyScanMs;
  }

  /** Something arrived in a box, as this instance or a bell says. */
  ring(recipient: string, base: string): void {
    const listener = this.#listeners.get(recipient);
    if (listener === undefined) return;
    listener.watched.arrived(base);
    wake(listener);
  }

  async wait(watched: Watched, signal: AbortSignal): Promise<void> {
    const listener = await this.#listen(watched);
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        listener.waiters.delete(waiter);
        signal.removeEventListener('abort', aborted);
        this.#keepAlive();
      };
      const waiter: Waiter = {
        woken() {
          stop();
          resolve();
        },
        failed(error) {
          stop();
          reject(error);
        },
      };
      const aborted = (): void => waiter.failed(signal.reason);
      listener.waiters.add(waiter);
      signal.addEventListener('abort', aborted, { once: true });
      this.#keepAlive();
      if (signal.aborted) return aborted();
      try {
        if (watched.hasMail()) waiter.woken();
        else this.#wakeWhenDue(listener);
      } catch (error) {
        waiter.failed(error);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#scan);
    for (const listener of this.#listeners.values()) {
      listener.files?.close();
      clearTimeout(listener.due);
      for (const waiter of [...listener.waiters]) waiter.failed(closedError());
    }
    this.#listeners.clear();
    await (await this.#bell)?.close();
  }

  async #listen(watched: Watched): Promise<Listener> {
    this.#bell ??= openBell((line) => {
      const [recipient = '', base = ''] = line.split(' ');
      this.ring(recipient, base);
    });
    const bell = await this.#bell;
    const { recipient, path } = watched.box;
    const known = this.#listeners.get(recipient);
    if (known !== undefined) return known;
    if (this.#closed) throw closedError();
    const listener: Listener = { watched, waiters: new Set(), files: undefined, due: undefined };
    this.#listeners.set(recipient, listener);
    listener.files = watchFile(path.pulse, () => wake(listener));
    try {
      if (bell !== undefined) this.ownBells.add(bell.register(path.bells));
    } catch {
      // Without a bell the pulse and the scan wake.
    }
    this.#scan ??= setInterval(() => this.#lookForItself(), this.#safetyScanMs).unref();
    return listener;
  }

  #lookForItself(): void {
    for (const listener of this.#listeners.values()) {
      if (listener.waiters.size > 0 && mayHaveMail(listener.watched)) wake(listener);
    }
  }

  /** Somebody who waits keeps the process alive, nobody who listens in between does. */
  #keepAlive(): void {
    if ([...this.#listeners.values()].some(({ waiters }) => waiters.size > 0)) this.#scan?.ref();
    else this.#scan?.unref();
  }

  #wakeWhenDue(listener: Listener): void {
    clearTimeout(listener.due);
    const dueMs = listener.watched.nextMs();
    if (dueMs === undefined) return;
    listener.due = setTimeout(() => wake(listener), Math.min(dueMs + 1, longestTimerMs)).unref();
  }
}

function wake(listener: Listener): void {
  for (const waiter of [...listener.waiters]) waiter.woken();
}

/** A scan that fails wakes too: then the claim that follows says what is wrong. */
function mayHaveMail(watched: Watched): boolean {
  try {
    return watched.hasMail();
  } catch {
    return true;
  }
}

function watchFile(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const files = watch(path, { persistent: false }, changed);
    files.on('error', () => files.close());
    return files;
  } catch {
    // The system has no watch left to give: the bell and the scan wake.
    return undefined;
  }
}
