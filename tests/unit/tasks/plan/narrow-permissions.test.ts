import { expect, test } from 'vitest';
import { narrowPermissions } from '../../../../tasks/plan/narrow-permissions.ts';
import { type Permissions, permissionModes } from '../../../../tasks/plan/permissions.ts';

const own: Permissions = { mode: 'acceptEdits', allow: ['Bash(npm test)'], ask: [], deny: ['Read(a)'] };
const nothing = { allow: [], ask: [], deny: [] };

test('the lower mode counts, whichever of them it is', () => {
  for (const [one, left] of permissionModes.entries()) {
    for (const [other, right] of permissionModes.entries()) {
      const lower = permissionModes[Math.min(one, other)];
      expect(narrowPermissions({ ...own, mode: left }, { ...nothing, mode: right }).mode).toBe(lower);
    }
    expect(narrowPermissions({ ...own, mode: left }, nothing).mode).toBe(left);
  }
});

test('rules come to those that there are', () => {
  expect(narrowPermissions(own, { allow: ['Bash'], ask: ['Edit(b)'], deny: ['Read(c)'] })).toEqual({
    mode: 'acceptEdits',
    allow: ['Bash(npm test)', 'Bash'],
    ask: ['Edit(b)'],
    deny: ['Read(a)', 'Read(c)'],
  });
});
