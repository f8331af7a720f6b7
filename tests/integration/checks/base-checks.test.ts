import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CheckResult, FanfoldError } from '../../../tasks/index.ts';
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

const failure = (score?: number): CheckResult => ({
  name: 'c',
  passed: false,
  gate: true,
  durationMs: 1,
  exitCode: 1,
  outputTail: '',
  ...(score === undefined ? {} : { score }),
});

test('a check runs once on a base, however many ask, whoever they are', async () => {
  const { baseChecks, check, where, runs, out, logFolder } = scene();
  const failing = check('printf x >> runs; sleep 0.2; false');
  const answers = await Promise.all([
    baseChecks.excuse([failing], failure(), where({ FANFOLD_SUBTASK: 'a' })),
    baseChecks.excuse([failing], failure(), where({ FANFOLD_SUBTASK: 'b' })),
  ]);
  expect(answers).toEqual([true, true]);
  expect(runs()).toBe(1);
  // Another item's check may come out otherwise, and so may another base's.
  await baseChecks.excuse([failing], failure(), where({ FANFOLD_ITEM_PATH: 'x' }));
  await baseChecks.excuse([failing], failure(), { ...where(), base: 'b2' });
  expect(runs()).toBe(3);
  expect(await baseChecks.excuse([check('true')], failure(), where())).toBe(false);
  expect(out()).toBe(0);
  expect(existsSync(join(logFolder, 'base', 'check-c.log'))).toBe(true);
});

test('one who is cancelled takes the answer from nobody else', async () => {
  const { baseChecks, root, check, where, out } = scene();
  const stop = new AbortController();
  const slow = check('[ -e again ] && exit 1; touch again; sleep 60');
  const cancelled = baseChecks.excuse([slow], failure(), where({}, stop.signal));
  const other = baseChecks.excuse([slow], failure(), where());
  while (!existsSync(join(root, 'again'))) await new Promise((resolve) => setTimeout(resolve, 10));
  const reason = new FanfoldError({ code: 'cancelled', message: 'Stop.', next: 'No.', failure: 'cancelled' });
  stop.abort(reason);
  await expect(cancelled).rejects.toBe(reason);
  expect(await other).toBe(true);
  expect(out()).toBe(0);
});

test('where there is no base to look at, nothing failed there', async () => {
  const { check, where } = scene();
  expect(await createBaseChecks(undefined).excuse([check('false')], failure(), where())).toBe(false);
});

test.each([
  ['what a subtask asks of its own work', { own: true as const }, undefined, false],
  ['the same of the whole file', {}, undefined, true],
  ['a score as good as that of the base', { minimum: 0.9 }, 0.5, true],
  ['a score below that of the base', { minimum: 0.9 }, 0.4, false],
  ['no score where the base has one', { minimum: 0.9 }, undefined, false],
])('%s', async (_, fields, score, excused) => {
  const { baseChecks, check, where } = scene();
  const failing = { ...check('echo score: 0.5; false'), ...fields };
  expect(await baseChecks.excuse([failing], failure(score), where())).toBe(excused);
});

test.each([
  ['was ended by its limit', 'trap "exit 1" TERM; printf x >> runs; sleep 60 & wait'],
  ['was ended by somebody', 'printf x >> runs; kill -9 $$'],
])('a check that %s on the base excuses nothing, and is asked again', async (_, run) => {
  const { baseChecks, check, where, runs, out } = scene();
  const ended = { ...check(run), timeoutMs: 1_000 };
  expect(await baseChecks.excuse([ended], failure(), where())).toBe(false);
  expect(await baseChecks.excuse([ended], failure(), where())).toBe(false);
  expect(runs()).toBe(2);
  expect(out()).toBe(0);
});

test('a subtask may call one of its checks like one of the file: neither is excused', async () => {
  const { baseChecks, check, where } = scene();
  const failing = check('false');
  expect(await baseChecks.excuse([failing, { ...failing, own: true }], failure(), where())).toBe(false);
});
