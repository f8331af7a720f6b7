import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimBranch, freeDeadClaims, refuseBusyBranch } from '../../../coordinator/run/claim-branch.ts';
import { takeCoordinatorLock } from '../../../coordinator/run/coordinator-lock.ts';
import { ensureStateFolder, runFolder, stateFolder } from '../../../ipc/index.ts';
import { deadIdentity } from '../../support/other-processes.ts';
import { temporaryFolder } from '../../support/temporary-repository.ts';

async function setUp() {
  const state = stateFolder(temporaryFolder());
  await ensureStateFolder(state);
  return state;
}

test('a branch that no run has made yet is one run’s, and it is named', async () => {
  const state = await setUp();
  const run = runFolder(state, 'one-20260101-000000-abcd');
  mkdirSync(run.root);
  await refuseBusyBranch(state, 'fanfold/b');
  {
    await using claim = await claimBranch(state, 'fanfold/b', run.id);
    await using lock = await takeCoordinatorLock(run.lock);
    expect(claim.isHeld()).toBe(true);
    lock.verify();
    const busy = {
      code: 'into-conflict',
      message: `The run ${run.id} is at work on the branch fanfold/b.`,
      next: expect.stringContaining(`fanfold cancel ${run.id}`),
    };
    await expect(claimBranch(state, 'fanfold/b', 'two-20260101-000000-abcd')).rejects.toMatchObject(busy);
    await expect(refuseBusyBranch(state, 'fanfold/b')).rejects.toMatchObject(busy);
    await using other = await claimBranch(state, 'fanfold/c', 'two-20260101-000000-abcd');
    expect(other.isHeld()).toBe(true);
  }
  await refuseBusyBranch(state, 'fanfold/b');
  await using next = await claimBranch(state, 'fanfold/b', 'two-20260101-000000-abcd');
  expect(next.isHeld()).toBe(true);
});

test('of many that claim a branch at once one gets it', async () => {
  const state = await setUp();
  const claims = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => claimBranch(state, 'b', `r-20260101-000000-000${index}`)),
  );
  const got = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
  expect(got).toHaveLength(1);
  await got[0]?.[Symbol.asyncDispose]();
});

test('the claim of a dead run stands in nobody’s way', async () => {
  const state = await setUp();
  await (await claimBranch(state, 'b', 'dead-20260101-000000-abcd'))[Symbol.asyncDispose]();
  const [folder = ''] = readdirSync(state.branches);
  const tokens = join(state.branches, folder, 'coordinator.epochs');
  writeFileSync(join(tokens, `99~${deadIdentity()}`), '');
  await refuseBusyBranch(state, 'b');
  await freeDeadClaims(state);
  expect(readdirSync(tokens).sort()).toContain('100~free');
  await using claim = await claimBranch(state, 'b', 'two-20260101-000000-abcd');
  expect(claim.isHeld()).toBe(true);
});
