import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileMailbox } from '../../../ipc/mailbox/file/file-mailbox.ts';
import { type MailboxFileSystem, nodeFileSystem } from '../../../ipc/mailbox/file/file-system.ts';
import type { Mailbox } from '../../../ipc/mailbox/mailbox.ts';
import { createMemoryMailbox } from '../../../ipc/mailbox/memory/memory-mailbox.ts';
import { attemptLimit, leaseMs } from './model.ts';

/** A mailbox with those who use it at the same time, as separate processes would. */
export interface Place {
  /** How many use it. */
  readonly instances: number;
  at(instance: number): Mailbox;
  /** Names the present life of an instance: each is a sender of its own. */
  sender(instance: number): string;
  /** The instance is gone and another has taken its place. */
  replace(instance: number): Promise<void>;
  /** From the call of that number on, the file system fails this instance. */
  dieAfter(instance: number, calls: number): void;
  /** What should not be there any more. */
  leftovers(): string[];
  remove(): Promise<void>;
}

export async function memoryPlace(): Promise<Place> {
  const mailbox = createMemoryMailbox({ leaseMs, attemptLimit });
  await mailbox.open('work');
  return {
    instances: 1,
    at: () => mailbox,
    sender: () => 'only',
    replace: () => Promise.reject(new Error('a mailbox in memory ends with its process')),
    dieAfter() {
      throw new Error('a mailbox in memory has no files');
    },
    leftovers: () => [],
    remove: () => mailbox.close(),
  };
}

export async function filePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'mailbox-model-'));
  const lives = [newLife(folder, 0), newLife(folder, 0)];
  const past: Mailbox[] = [];
  const at = (instance: number): Life => {
    const life = lives[instance];
    if (life === undefined) throw new Error(`there is no instance ${instance}`);
    return life;
  };
  await at(0).mailbox.open('work');
  return {
    instances: lives.length,
    at: (instance) => at(instance).mailbox,
    sender: (instance) => `${instance}-${at(instance).generation}`,
    async replace(instance) {
      const { mailbox, generation } = at(instance);
      past.push(mailbox);
      lives[instance] = newLife(folder, generation + 1);
    },
    dieAfter: (instance, calls) => at(instance).dieAfter(calls),
    // What this very process has begun is not swept while it lives.
    leftovers: () => readdirSync(join(folder, 'work', 'tmp')).filter((name) => !name.startsWith(`${process.pid}`)),
    async remove() {
      for (const mailbox of [...past, ...lives.map((life) => life.mailbox)]) await mailbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Life {
  mailbox: Mailbox;
  generation: number;
  dieAfter(calls: number): void;
}

function newLife(folder: string, generation: number): Life {
  const { fileSystem, dieAfter } = mortal();
  const mailbox = createFileMailbox({ folder, leaseMs, attemptLimit, durable: false, fileSystem });
  return { mailbox, generation, dieAfter };
}

/** The real file system for a process that may die, at a time that is virtual. */
function mortal(): { fileSystem: MailboxFileSystem; dieAfter(calls: number): void } {
  let left = Number.POSITIVE_INFINITY;
  const step = <Given extends unknown[], Result>(action: (...given: Given) => Result) => {
    return (...given: Given): Result => {
      left -= 1;
      if (left < 0) throw Object.assign(new Error('the process is dead'), { code: 'EIO' });
      return action(...given);
    };
  };
  const real = nodeFileSystem;
  return {
    dieAfter(calls) {
      left = calls;
    },
    fileSystem: {
      create: step(real.create),
      write: step(real.write),
      close: real.close,
      sync: step(real.sync),
      openToSync: step(real.openToSync),
      rewrite: step((path, content) => real.rewrite(path, content)),
      bootId: step(real.bootId),
      link: step(real.link),
      rename: step(real.rename),
      unlink: step(real.unlink),
      makeFolder: step(real.makeFolder),
      removeFolder: step(real.removeFolder),
      names: step(real.names),
      exists: step(real.exists),
      touch: step(real.touch),
      read: step(real.read),
      status: step((path) => {
        const status = real.status(path);
        // Folders change in real time, which stands still beside the virtual: none is known to be unchanged.
        return status?.isDirectory === true ? { ...status, changedMs: Date.now() } : status;
      }),
    },
  };
}
