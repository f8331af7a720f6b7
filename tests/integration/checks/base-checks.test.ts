import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FanfoldError } from '../../../tasks/index.ts';
import { createBaseChecks } from '../../../worker/checks/base-checks.ts';
import type { WorktreePool } from '../../../worker/workspace/worktree-pool.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

/** A pool whose checkouts are one folder; it counts those that are out. */
function pool(root: string) {
  let out = 0;
  const worktrees = {
    async acquire() {
      out += 1;
      return { root, gitFolder: root };
    },
    async release() {
      out -= 1;
    },
  } as unknown as WorktreePool;
  return { worktrees, out: () => out };
}

function scene() {
  const [root, logFolder] = [temporaryFolder(), temporaryFolder()];
  const { worktrees, out } = pool(root);
  const check = (run: string) => ({ name: 'c', run, gate: true, timeoutMs: 60_000, on: ['workspace' as const] });
  const where = (environment: Record<string, string> = {}, signal = new AbortController().signal) => ({
    base: 'b1',
    environment,
    logFolder,
    signal,
  });
  const runs = () => readFileSync(join(root, 'runs'), 'utf8').length;
  return { root, logFolder, baseChecks: createBaseChecks(worktrees), out, check, where, runs };
}

test('a check runs once on a base, however many ask, whoever they are', async () => {
  const { baseChecks, check, where, runs, out, logFolder } = scene();
  const failing = check('printf x >> runs; sleep 0.2; false');
  const answers = await Promise.all([
    baseChecks.fails(failing, where({ FANFOLD_SUBTASK: 'a' })),
    baseChecks.fails(failing, where({ FANFOLD_SUBTASK: 'b' })),
  ]);
  expect(answers).toEqual([true, true]);
  expect(runs()).toBe(1);
  // Another item's check may come out otherwise, and so may another base's.
  await baseChecks.fails(failing, where({ FANFOLD_ITEM_PATH: 'x' }));
  await baseChecks.fails(failing, { ...where(), base: 'b2' });
  expect(runs()).toBe(3);
  expect(await baseChecks.fails(check('true'), where())).toBe(false);
  expect(out()).toBe(0);
  expect(existsSync(join(logFolder, 'base', 'check-c.log'))).toBe(true);
});

test('one who is cancelled takes the answer from nobody else', async () => {
  const { baseChecks, root, check, where, out } = scene();
  const stop = new AbortController();
  const slow = check('[ -e again ] && exit 1; touch again; sleep 60');
  const cancelled = baseChecks.fails(slow, where({}, stop.signal));
  const other = baseChecks.fails(slow, where());
  while (!existsSync(join(root, 'again'))) await new Promise((resolve) => setTimeout(resolve, 10));
  const reason = new FanfoldError({ code: 'cancelled', message: 'Stop.', next: 'No.', failure: 'cancelled' });
  stop.abort(reason);
  await expect(cancelled).rejects.toBe(reason);
  expect(await other).toBe(true);
  expect(out()).toBe(0);
});

test('where there is no base to look at, nothing failed there', async () => {
  const { check, where } = scene();
  expect(await createBaseChecks(undefined).fails(check('false'), where())).toBe(false);
});
