/**
 * Whether a check that fails failed before anybody worked: asked by judge-work.ts before an agent is told to mend it.
 * Made once per thread by services.ts. Promise: each check runs once on a base, in a clean checkout of it, and only when
 * it failed elsewhere; where that can't be told, it did not fail.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runVariable } from '../../ipc/index.ts';
import type { Check, CommandCheck } from '../../tasks/index.ts';
import type { WorktreePool } from '../workspace/worktree-pool.ts';
import { checkWithCommand } from './check-with-command.ts';

export interface BaseChecks {
  /** Rejects with the reason of the signal, and with nothing else. */
  fails(check: Check, where: BaseCheckPlace): Promise<boolean>;
}

export interface BaseCheckPlace {
  /** The commit. */
  base: string;
  /** FANFOLD_* variables. */
  environment: Readonly<Record<string, string>>;
  /** Of the attempt; its log goes to `base/` in there. */
  logFolder: string;
  signal: AbortSignal;
}

export function createBaseChecks(worktrees: WorktreePool | undefined): BaseChecks {
  const known = new Map<string, Promise<boolean>>();

  async function look(check: CommandCheck, { base, environment, logFolder, signal }: BaseCheckPlace): Promise<boolean> {
    if (worktrees === undefined) return false;
    const worktree = await worktrees.acquire(base, signal);
    try {
      const logs = join(logFolder, 'base');
      await mkdir(logs, { recursive: true, mode: 0o700 });
      const result = await checkWithCommand(check, worktree.root, { environment, logFolder: logs, signal });
      signal.throwIfAborted();
      return !result.passed;
    } finally {
      await worktrees.release(worktree);
    }
  }

  return {
    async fails(check, where) {
      // What a command runs is the same everywhere; the rest is asked of the coordinator, which has the last word anyway.
      if (!('run' in check)) return false;
      const { FANFOLD_SUBTASK: _, [runVariable]: __, ...environment } = where.environment;
      const key = JSON.stringify([check, where.base, environment]);
      const answer = known.get(key) ?? look(check, where);
      known.set(key, answer);
      try {
        return await answer;
      } catch {
        // It may have been another's look, who was cancelled.
        if (known.get(key) === answer) known.delete(key);
        where.signal.throwIfAborted();
        return look(check, where).catch(() => {
          where.signal.throwIfAborted();
          return false;
        });
      }
    },
  };
}
