import type { Box } from './box.ts';
import { giveBack } from './box.ts';
import { type MailboxFileSystem, namesIn } from './file-system.ts';
import { type DelayedName, parseDelayed, waitingName } from './message-name.ts';

/** The file system's clock for folder changes ticks this slowly, ms; a listing younger than a tick may be outdated. */
const tickMs = 20;

interface Waiting {
  path: string;
  name: DelayedName;
  /** Monotonic time at which this instance saw it first, ms. */
  seen: number;
}

/**
 * The messages of a box whose time has not come. Their due time is in their name, in wall-clock time since nothing else
 * survives a restart; should that clock be set back, no message waits longer than its delay from when it was seen here.
 * Whoever looks for messages moves those that are due to the others, by an atomic rename.
 */
export class Delayed {
  readonly #fileSystem: MailboxFileSystem;
  readonly #box: Box;
  readonly #stray: (path: string, text: string) => void;
  #entries = new Map<string, Waiting>();
  #listed: { changedMs: number; at: number } | undefined;

  constructor(fileSystem: MailboxFileSystem, box: Box, stray: (path: string, text: string) => void) {
    this.#fileSystem = fileSystem;
    this.#box = box;
    this.#stray = stray;
  }

  /** Move what is due to the waiting messages. */
  release(): void {
    this.#list();
    for (const [text, entry] of this.#entries) {
      if (remainingMs(entry) > 0) continue;
      giveBack(this.#fileSystem, this.#box, entry.path, entry.name.priority, waitingName(entry.name));
      this.#entries.delete(text);
    }
  }

  /** Milliseconds until the next message is due, undefined when there is none. */
  nextMs(): number | undefined {
    this.#list();
    let next: number | undefined;
    for (const entry of this.#entries.values()) next = Math.min(next ?? Number.POSITIVE_INFINITY, remainingMs(entry));
    return next === undefined ? undefined : Math.max(0, next);
  }

  #list(): void {
    const folder = this.#box.path.later;
    const changedMs = this.#fileSystem.status(folder)?.changedMs ?? 0;
    const now = Date.now();
    if (this.#listed?.changedMs === changedMs && this.#listed.at - changedMs > tickMs) return;
    this.#listed = { changedMs, at: now };
    const entries = new Map<string, Waiting>();
    for (const text of namesIn(this.#fileSystem, folder)) {
      const path = `${folder}/${text}`;
      const known = this.#entries.get(text);
      const name = known?.name ?? parseDelayed(text);
      if (name === undefined) this.#stray(path, text);
      else entries.set(text, known ?? { path, name, seen: performance.now() });
    }
    this.#entries = entries;
  }
}

function remainingMs({ name, seen }: Waiting): number {
  return Math.min(name.dueMs - Date.now(), seen + name.delayMs - performance.now());
}
