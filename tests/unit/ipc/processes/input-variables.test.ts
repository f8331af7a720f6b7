import { expect, test } from 'vitest';
import { inputVariablesDigest, runVariable } from '../../../../ipc/index.ts';
import type { Subtask } from '../../../../tasks/index.ts';

const subtask: Pick<Subtask, 'executor' | 'checks' | 'permissions' | 'environment' | 'inputVariables'> = {
  executor: { kind: 'run', command: 'make "$TARGET"' },
  checks: [],
  permissions: { mode: 'acceptEdits', allow: [], ask: [], deny: [] },
  environment: { FANFOLD_ITEM_PATH: 'a' },
};
const codemod = { kind: 'codemod' as const, rules: [{ path: 'r.yml', text: 'a' }], files: [] };
const check = { name: 'c', run: 'test -n "$CHECKED"', gate: true, timeoutMs: 1, on: ['workspace' as const] };
const agent = { kind: 'prompt' as const, prompt: 'Build $TARGET.' };
const before = { TARGET: 'a', NODE_ENV: 'test', OTHER: 'a', BUILD_MODE: 'a', FANFOLD_ITEM_PATH: 'outer' };

const counts = (changes: Partial<typeof subtask>, name: string): boolean => {
  const asked = { ...subtask, ...changes };
  return inputVariablesDigest(asked, before) !== inputVariablesDigest(asked, { ...before, [name]: 'changed' });
};

test.each<[string, Partial<typeof subtask>, string, boolean]>([
  ['one that the command names', {}, 'TARGET', true],
  ['a usual one', {}, 'NODE_ENV', true],
  ['one of the locale', {}, 'LC_ALL', true],
  ['any other', {}, 'OTHER', false],
  ['one whose name only begins like that', {}, 'TARGETS', false],
  ['a declared one', { inputVariables: ['OTHER'] }, 'OTHER', true],
  ['one that is declared by its beginning', { inputVariables: ['BUILD_*'] }, 'BUILD_MODE', true],
  ['all', { inputVariables: ['*'] }, 'ANY', true],
  ['one that Fanfold sets for it', { inputVariables: ['*'] }, 'FANFOLD_ITEM_PATH', false],
  ['the mark of the run', { inputVariables: ['*'] }, runVariable, false],
  ['one that a check names', { checks: [check] }, 'CHECKED', true],
  ['one that a check on the merged tree names', { checks: [{ ...check, on: ['merged'] }] }, 'CHECKED', false],
  ['a usual one of an agent that may run commands', { executor: agent }, 'NODE_ENV', true],
  ['a usual one of a codemod with checks', { executor: codemod, checks: [check] }, 'NODE_ENV', true],
])('of the environment counts: %s', (_which, changes, name, expected) => {
  expect(counts(changes, name)).toBe(expected);
});

test('nothing counts where no command can run', () => {
  expect(inputVariablesDigest({ ...subtask, executor: codemod }, before)).toBeUndefined();
  const reader = { ...subtask, executor: agent, permissions: { ...subtask.permissions, mode: 'plan' as const } };
  expect(inputVariablesDigest(reader, before)).toBeUndefined();
});

test('a variable that is not there differs from an empty one, and the order does not matter', () => {
  const { TARGET: _, ...without } = before;
  expect(inputVariablesDigest(subtask, without)).not.toBe(inputVariablesDigest(subtask, { ...before, TARGET: '' }));
  const turned = Object.fromEntries(Object.entries(before).reverse());
  expect(inputVariablesDigest(subtask, turned)).toBe(inputVariablesDigest(subtask, before));
});
