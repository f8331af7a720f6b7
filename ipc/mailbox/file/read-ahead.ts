import type { Box } from './box.ts';
import type { Delayed } from './delayed.ts';
import { attempt, type MailboxFileSystem, namesIn } from './file-system.ts';
import { senderOf, sequenceOf } from './message-name.ts';
import { returnedSegment, segmentPattern } from './segments.ts';

/** One listing serves about so many claims. */
const enough = 1_000;
/** So often it is looked whether a message of others has come that passes those that were listed before. */
const freshMs = 100;
/** A listing older than this is made anew, for messages of others that came late for their place in it. */
const staleMs = 2_000;
/** Listings take at most this part of the time. */
const share = 10;

export interface Candidate {
  path: string;
  text: string;
}

/**
 * The next waiting messages of a box in order, read ahead so that a claim need not list folders. Other consumers take
 * from the same listing: a candidate may be gone, and is passed over.
 */
export class ReadAhead {
  readonly #fileSystem: MailboxFileSystem;
  readonly #box: Box;
  readonly #delayed: Delayed;
  readonly #stray: (path: string, text: string) => void;
  #candidates: Candidate[] = [];
  #next = 0;
  #listedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The priority above which it was looked, or listed, when its first message was to be given out. */
  #lookedAbove: string | undefined;
  #tookMs = 0;
  /** The name before all others that arrived since the listing was made. */
  #newcomer: string | undefined;

  constructor(fileSystem: MailboxFileSystem, box: Box, delayed: Delayed, stray: (path: string, text: string) => void) {
    this.#fileSystem = fileSystem;
    this.#box = box;
    this.#delayed = delayed;
    this.#stray = stray;
  }

  /** The first message that is still there, or undefined when nothing waits. It stays first until `pass`. */
  first(): Candidate | undefined {
    if (this.#mustList()) this.#list();
    for (let listed = false; ; listed = true) {
      const candidate = this.#skipGone();
      if (candidate !== undefined && !this.#isPassed(candidate) && !this.#isOutranked(candidate)) return candidate;
      if (listed && this.#candidates.length === 0) return undefined;
      this.#list();
    }
  }

  pass(): void {
    this.#next += 1;
  }

  /** A message of that name arrived: it is listed before anything that comes after it is given out. */
  arrived(base: string): void {
    if (this.#newcomer === undefined || base < this.#newcomer) this.#newcomer = base;
  }

  /** The next one that nobody else has taken. */
  #skipGone(): Candidate | undefined {
    for (; this.#next < this.#candidates.length; this.#next += 1) {
      const candidate = this.#candidates[this.#next];
      if (candidate !== undefined && this.#fileSystem.exists(candidate.path)) return candidate;
    }
    return undefined;
  }

  #isPassed({ text }: Candidate): boolean {
    return this.#newcomer !== undefined && this.#newcomer < text;
  }

  /** Before the first of a lower priority is given out it is looked whether others have sent something more urgent. */
  #isOutranked({ text }: Candidate): boolean {
    if (text.charAt(0) === this.#lookedAbove) return false;
    this.#lookedAbove = text.charAt(0);
    return this.#seesPassing();
  }

  #mustList(): boolean {
    const now = performance.now();
    if (now - this.#listedAt > Math.max(staleMs, this.#tookMs * share)) return true;
    if (now - this.#lookedAt <= freshMs) return false;
    this.#lookedAt = now;
    return this.#seesPassing();
  }

  /** Whether something is there that comes before one of those listed, more urgent or given back: few small folders. */
  #seesPassing(): boolean {
    this.#delayed.release();
    if (this.#skipGone() === undefined) return true;
    const ahead = this.#candidates.slice(this.#next).map(({ text }) => text);
    const last = ahead.at(-1) ?? '';
    const listed = new Set(ahead);
    const priorities = new Set(ahead.map((text) => text.charAt(0)));
    for (const priority of namesIn(this.#fileSystem, this.#box.path.new)) {
      if (priority > last) continue;
      const folder = `${this.#box.path.new}/${priority}`;
      for (const segment of priorities.has(priority) ? [returnedSegment] : namesIn(this.#fileSystem, folder)) {
        const names = namesIn(this.#fileSystem, `${folder}/${segment}`);
        if (names.some((name) => name < last && !listed.has(name))) return true;
      }
    }
    return false;
  }

  /**
   * List twice. A folder that is listed while others add to it may show a later message and not an earlier one; what
   * the first listing showed has all its predecessors in the second, and only so far is the second believed.
   */
  #list(): void {
    const start = performance.now();
    this.#delayed.release();
    const candidates: Candidate[] = [];
    for (const priority of namesIn(this.#fileSystem, this.#box.path.new).sort()) {
      const folder = `${this.#box.path.new}/${priority}`;
      if (!/^[0-9]$/.test(priority)) this.#stray(folder, priority);
      else this.#listPriority(folder, candidates);
      if (candidates.length >= enough) break;
    }
    this.#candidates = candidates;
    this.#next = 0;
    this.#newcomer = undefined;
    this.#listedAt = performance.now();
    this.#lookedAt = this.#listedAt;
    this.#lookedAbove = candidates[0]?.text.charAt(0);
    this.#tookMs = this.#listedAt - start;
  }

  #listPriority(folder: string, candidates: Candidate[]): void {
    const segments = this.#segments(folder);
    const latest = new Map<string, string>();
    const read: string[] = [];
    let found = candidates.length;
    let returned = 0;
    let complete = true;
    for (const [index, segment] of segments.entries()) {
      // Those that were returned are in no place of their own: they are sorted in among at least some of the others.
      complete = found < enough || found === candidates.length + returned;
      if (!complete) break;
      const path = `${folder}/${segment}`;
      const names = namesIn(this.#fileSystem, path);
      if (segment === returnedSegment) returned = names.length;
      if (names.length > 0 || !this.#remove(path, segment, index === segments.length - 1)) read.push(path);
      for (const name of names) {
        const sender = senderOf(name);
        const sequence = sequenceOf(name);
        if (sequence >= (latest.get(sender) ?? '')) latest.set(sender, sequence);
      }
      found += names.length;
    }
    if (found === candidates.length) return;
    const added: Candidate[] = [];
    for (const path of read) {
      for (const text of namesIn(this.#fileSystem, path).sort()) {
        if (sequenceOf(text) <= (latest.get(senderOf(text)) ?? '')) added.push({ path: `${path}/${text}`, text });
      }
    }
    const end = complete ? undefined : added.at(-1)?.text;
    if (returned > 0) added.sort((left, right) => (left.text < right.text ? -1 : 1));
    for (const candidate of added) if (end === undefined || candidate.text <= end) candidates.push(candidate);
  }

  /** Remove an empty segment, unless it is the last, which keeps the count. False when it stays. */
  #remove(path: string, segment: string, isLast: boolean): boolean {
    if (isLast || segment === returnedSegment) return false;
    return attempt(() => this.#fileSystem.removeFolder(path), 'ENOTEMPTY', 'EEXIST', 'ENOENT');
  }

  #segments(folder: string): string[] {
    const segments: string[] = [];
    for (const name of namesIn(this.#fileSystem, folder).sort()) {
      if (segmentPattern.test(name)) segments.push(name);
      else this.#stray(`${folder}/${name}`, name);
    }
    return segments;
  }
}
