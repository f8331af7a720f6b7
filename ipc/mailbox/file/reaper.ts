import { sweepBells } from '../../doorbell/bell-registry.ts';
import { isProcessGone } from '../../doorbell/process-identity.ts';
import { type Box, giveBack } from './box.ts';
import { bury, buryStray } from './dead-letters.ts';
import { move, parseStaged } from './deliver.ts';
import { clearUp, type MailboxFileSystem, namesIn } from './file-system.ts';
import { type ClaimedName, parseClaimed, waitingName } from './message-name.ts';

export interface ReaperOptions {
  fileSystem: MailboxFileSystem;
  box: Box;
  leaseMs: number;
  attemptLimit: number;
  /** Called when a message can be claimed again. */
  arrived(box: Box, base: string): void;
}

interface Observation {
  beatMs: number;
  /** How long this process has watched the claim without a beat, ms of monotonic time. */
  silentMs: number;
  lookedAt: number;
}

/**
 * Takes back claims without a heartbeat. It trusts only what it has seen itself: a claim whose beat has not changed
 * over a whole lease of this process's monotonic time. When this process was stopped for long, its workers probably
 * were too, so an unobserved gap counts for half a lease at most and they get the time to beat again.
 */
export class Reaper {
  readonly #options: ReaperOptions;
  #observed = new Map<string, Observation>();

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** Returns how many claims were taken back. Also clears away what dead processes left in tmp/ and bells/. */
  reap(): number {
    const { box, leaseMs, fileSystem } = this.#options;
    const now = performance.now();
    const observed = new Map<string, Observation>();
    let reaped = 0;
    for (const text of namesIn(fileSystem, box.path.cur)) {
      const beatMs = fileSystem.status(`${box.path.cur}/${text}`)?.changedMs;
      if (beatMs === undefined) continue;
      const before = this.#observed.get(text);
      const silentMs = before?.beatMs === beatMs ? before.silentMs + Math.min(now - before.lookedAt, leaseMs / 2) : 0;
      if (silentMs >= leaseMs) reaped += this.#takeBack(text, 1, `no heartbeat for ${Math.round(silentMs)} ms`);
      else observed.set(text, { beatMs, silentMs, lookedAt: now });
    }
    this.#observed = observed;
    this.#sweepTemporary();
    sweepBells(box.path.bells);
    return reaped;
  }

  /** `losses` is what each of the lost leases counts towards the attempt limit. */
  reapWorker(worker: string, losses: 0 | 1): number {
    const { box, fileSystem } = this.#options;
    let reaped = 0;
    for (const text of namesIn(fileSystem, box.path.cur)) {
      if (parseClaimed(text)?.worker === worker) reaped += this.#takeBack(text, losses, 'its worker died');
    }
    return reaped;
  }

  #takeBack(text: string, lost: 0 | 1, why: string): number {
    const { fileSystem, box, attemptLimit, arrived } = this.#options;
    const path = `${box.path.cur}/${text}`;
    const name = parseClaimed(text);
    if (name === undefined) {
      buryStray(fileSystem, box, path, text);
      return 0;
    }
    const losses = name.losses + lost;
    if (lost > 0 && losses >= attemptLimit) {
      const detail = `the lease was lost ${losses} times; the last time ${why} (worker ${name.worker})`;
      return bury(fileSystem, box, path, text, 'attempts-exhausted', detail) ? 1 : 0;
    }
    if (!giveBack(fileSystem, box, path, name.priority, waitingName({ ...name, losses } satisfies ClaimedName)))
      return 0;
    arrived(box, name.base);
    return 1;
  }

  /** What a dead process left behind: deliver what was published already (its id is taken), remove the rest. */
  #sweepTemporary(): void {
    const { fileSystem, box, arrived } = this.#options;
    for (const text of namesIn(fileSystem, box.path.tmp)) {
      const path = `${box.path.tmp}/${text}`;
      const staged = parseStaged(box.path.tmp, text);
      if (staged === undefined || !isProcessGone(staged.process)) continue;
      const status = fileSystem.status(path);
      if (status === undefined) continue;
      if (fileSystem.status(`${box.path.ids}/${staged.name.id}`)?.inode !== status.inode) {
        clearUp(() => fileSystem.unlink(path));
      } else if (status.links === 2 && move(fileSystem, box, staged)) {
        arrived(box, staged.name.base);
      }
    }
  }
}
