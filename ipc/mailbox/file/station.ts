import type { Claim, DeadLetterReason } from '../mailbox.ts';
import { type Box, giveBack } from './box.ts';
import { bury, buryStray } from './dead-letters.ts';
import { Delayed } from './delayed.ts';
import { attempt, type MailboxFileSystem } from './file-system.ts';
import { readMessage } from './message-file.ts';
import { type ClaimedName, claimedName, delayedName, parseClaimed, parseWaiting, waitingName } from './message-name.ts';
import { type Candidate, ReadAhead } from './read-ahead.ts';

/** A consumer's place at one box: claims messages and ends them, each by one atomic rename. */
export class Station {
  readonly box: Box;
  readonly #fileSystem: MailboxFileSystem;
  readonly #delayed: Delayed;
  readonly #waiting: ReadAhead;

  constructor(fileSystem: MailboxFileSystem, box: Box) {
    this.#fileSystem = fileSystem;
    this.box = box;
    const stray = (path: string, text: string): void => buryStray(fileSystem, box, path, text);
    this.#delayed = new Delayed(fileSystem, box, stray);
    this.#waiting = new ReadAhead(fileSystem, box, this.#delayed, stray);
  }

  hasMail(): boolean {
    return this.#waiting.first() !== undefined;
  }

  nextMs(): number | undefined {
    return this.#delayed.nextMs();
  }

  arrived(base: string): void {
    this.#waiting.arrived(base);
  }

  claim(worker: string): Claim | undefined {
    for (;;) {
      const candidate = this.#waiting.first();
      if (candidate === undefined) return undefined;
      this.#waiting.pass();
      const claim = this.#take(candidate, worker);
      if (claim !== undefined) return claim;
    }
  }

  /** The new beat differs from the last one even if the clock stands still or was set back. */
  renew(claim: Claim): boolean {
    const path = this.#claimedPath(claim);
    const last = this.#fileSystem.status(path)?.changedMs;
    if (last === undefined) return false;
    const now = Date.now();
    return attempt(() => this.#fileSystem.touch(path, Math.floor(last) === now ? now + 1 : now), 'ENOENT');
  }

  complete(claim: Claim): boolean {
    return this.box.done.receive(this.#claimedPath(claim), claim.name) !== undefined;
  }

  giveBack(claim: Claim, delayMs: number): boolean {
    const name = nameOf(claim);
    if (name === undefined) return false;
    const path = this.#claimedPath(claim);
    if (delayMs <= 0) return giveBack(this.#fileSystem, this.box, path, name.priority, waitingName(name));
    const target = `${this.box.path.later}/${delayedName(name, Date.now() + delayMs, delayMs)}`;
    return attempt(() => this.#fileSystem.rename(path, target), 'ENOENT');
  }

  bury(claim: Claim, reason: DeadLetterReason, detail: string): boolean {
    return bury(this.#fileSystem, this.box, this.#claimedPath(claim), claim.name, reason, detail);
  }

  /** Undefined when another was faster, or when it was no message: then it is in dead/. */
  #take({ path, text }: Candidate, worker: string): Claim | undefined {
    const waiting = parseWaiting(text);
    if (waiting === undefined) {
      buryStray(this.#fileSystem, this.box, path, text);
      return undefined;
    }
    const epoch = waiting.epoch + 1;
    const name = claimedName({ ...waiting, epoch }, worker);
    const claimed = `${this.box.path.cur}/${name}`;
    if (!attempt(() => this.#fileSystem.rename(path, claimed), 'ENOENT')) return undefined;
    try {
      const read = readMessage(this.#fileSystem, claimed, waiting.id);
      if ('envelope' in read) {
        return { recipient: this.box.recipient, envelope: read.envelope, epoch, worker, name };
      }
      if ('invalid' in read) bury(this.#fileSystem, this.box, claimed, name, 'invalid', read.invalid);
      return undefined;
    } catch (error) {
      giveBack(this.#fileSystem, this.box, claimed, waiting.priority, text);
      throw error;
    }
  }

  /** A claim may have crossed a thread: its name is checked before it becomes part of a path. */
  #claimedPath(claim: Claim): string {
    return `${this.box.path.cur}/${nameOf(claim) === undefined ? 'lost' : claim.name}`;
  }
}

function nameOf(claim: Claim): ClaimedName | undefined {
  const name = parseClaimed(claim.name);
  return name?.epoch === claim.epoch && name.worker === claim.worker ? name : undefined;
}
