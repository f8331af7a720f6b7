import { expect, test } from 'vitest';
import type { CleanItem } from '../../../../coordinator/housekeeping/clean-report.ts';
import { formatBytes } from '../../../../coordinator/reporting/amounts.ts';
import { formatClean } from '../../../../coordinator/reporting/format-clean.ts';

const workspace: CleanItem = {
  kind: 'workspace',
  name: 'workspaces/x-worker-1-0a1b2c3d',
  run: 'x',
  bytes: 3_210_000,
  reason: 'its worker is dead',
  outcome: 'removed',
};
const branch: CleanItem = {
  kind: 'branch',
  name: 'fanfold-kept/x/left',
  run: 'x',
  bytes: 0,
  reason: 'kept: 1 commit that is nowhere else',
  outcome: 'kept',
  forceable: true,
};

test('what went, what is kept and what failed are told apart', () => {
  const failed: CleanItem = { ...workspace, kind: 'trash', name: 'trash/abc', outcome: 'failed', error: 'no right to' };
  expect(formatClean({ dryRun: false, items: [workspace, branch, failed], bytes: workspace.bytes })).toBe(
    `KIND       WHAT                            SIZE    WHY
workspace  workspaces/x-worker-1-0a1b2c3d  3.2 MB  its worker is dead
1 thing, 3.2 MB was removed.

Kept:
KIND    WHAT                 SIZE  WHY
branch  fanfold-kept/x/left  -     kept: 1 commit that is nowhere else
Merge what you want to keep; --force removes these as well, with all that is in them.

Could not be removed:
KIND   WHAT       SIZE    WHY
trash  trash/abc  3.2 MB  no right to`,
  );
});

test('a dry run says that nothing was done, and control sequences of commands stay out of the terminal', () => {
  const process: CleanItem = {
    ...workspace,
    kind: 'process',
    name: '12 sh\u001b[31m\nred',
    bytes: 0,
    outcome: 'found',
  };
  const text = formatClean({ dryRun: true, items: [process], bytes: 0 });
  expect(text).toContain('12 sh red');
  expect(text).toContain('1 thing, 0 B would be removed. Nothing was: this is a dry run.');
});

test('nothing is said to be nothing', () => {
  expect(formatClean({ dryRun: false, items: [], bytes: 0 })).toBe('There is nothing to clean.');
  expect(formatClean({ dryRun: true, items: [branch], bytes: 0 })).toMatch(/^There is nothing to clean\.\n\nKept:/);
});

test('sizes', () => {
  expect([0, 999, 1_000, 12_345, 999_960, 4_500_000, 1_234_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 kB',
    '1.0 MB',
    '4.5 MB',
    '1.2 GB',
  ]);
});
