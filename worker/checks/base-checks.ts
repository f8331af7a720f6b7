/**
 * Whether a check that fails failed before anybody worked: asked by judge-work.ts before an agent is told to mend it.
 * Made once per thread by services.ts. Promise: each check runs once on a base, in a clean checkout of it, and only when
 * it failed elsewhere; where that can't be told, nothing is excused.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BasePlace, baseCheckKey, comparedWithBase, isExcused, tellsOfBase } from '../../ipc/index.ts';
import type { Check, CheckResult, CommandCheck } from '../../tasks/index.ts';
import type { WorktreePool } from '../workspace/worktree-pool.ts';
import { checkWithCommand } from './check-with-command.ts';

export interface BaseChecks {
  /** Whether that failure is not the work's. Rejects with the reason of the signal, and with nothing else. */
  excuse(checks: readonly Check[], result: CheckResult, where: BaseCheckPlace): Promise<boolean>;
}

export interface BaseCheckPlace extends BasePlace {
  /** Of the attempt; its log goes to `base/` in there. */
  logFolder: string;
  signal: AbortSignal;
}

export function createBaseChecks(worktrees: WorktreePool | undefined): BaseChecks {
  const known = new Map<string, Promise<CheckResult | undefined>>();

  async function look(check: CommandCheck, where: BaseCheckPlace): Promise<CheckResult | undefined> {
    if (worktrees === undefined) return undefined;
    const { base, environment, logFolder, signal } = where;
    const worktree = await worktrees.acquire(base, signal);
    try {
      const logs = join(logFolder, 'base');
      await mkdir(logs, { recursive: true, mode: 0o700 });
      const result = await checkWithCommand(check, worktree.root, { environment, logFolder: logs, signal });
      signal.throwIfAborted();
      return result;
    } finally {
      await worktrees.release(worktree);
    }
  }

  async function onBase(check: CommandCheck, where: BaseCheckPlace): Promise<CheckResult | undefined> {
    const key = baseCheckKey(check, where);
    const answer = known.get(key) ?? look(check, where);
    known.set(key, answer);
    const forget = (): void => {
      if (known.get(key) === answer) known.delete(key);
    };
    try {
      const result = await answer;
      if (result !== undefined && !tellsOfBase(result)) forget();
      return result;
    } catch {
      // It may have been another's look, who was cancelled.
      forget();
      where.signal.throwIfAborted();
      return look(check, where).catch(() => {
        where.signal.throwIfAborted();
        return undefined;
      });
    }
  }

  return {
    async excuse(checks, result, where) {
      const check = comparedWithBase(checks, result);
      if (check === undefined) return false;
      const found = await onBase(check, where);
      return found !== undefined && isExcused(result, found);
    },
  };
}
