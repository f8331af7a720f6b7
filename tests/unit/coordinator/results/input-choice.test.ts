import { expect, test } from 'vitest';
import { createFileSet } from '../../../../coordinator/results/file-set.ts';
import { inputChoice, listingsOf } from '../../../../coordinator/results/input-choice.ts';
import type { Subtask } from '../../../../tasks/index.ts';
import { planOf, subtask } from './sample-subtask.ts';

const run = { kind: 'run' as const, command: 'make' };
const codemod = (files: string[]) => ({ kind: 'codemod' as const, rules: [{ path: 'r.yml', text: 'a' }], files });
const lone = { name: 'c', run: 'true', gate: true, timeoutMs: 1, on: ['workspace' as const] };
const both = { ...lone, on: ['workspace' as const, 'merged' as const] };
const all = { kind: 'globs', globs: ['**'] };
const whole = { kind: 'all', except: [] };
const globs = { kind: 'globs', globs: ['src/**'] };
const patterns = { kind: 'patterns', patterns: ['lib'] };

test.each<[string, Partial<Subtask>, unknown]>([
  ['an agent', {}, [whole]],
  ['an item of a data file', { itemsFile: 'd.csv' }, [whole]],
  ['nothing but its item', { inputs: [], itemsFile: 'd.csv' }, [{ kind: 'patterns', patterns: [] }]],
  ['declared inputs', { inputs: ['lib'], itemsFile: 'd.csv' }, [patterns]],
  ['a command in a worktree', { executor: run }, [whole]],
  ['a command in the folder', { executor: run, workspace: 'none' }, undefined],
  ['a command in a copy', { executor: run, workspace: 'copy' }, undefined],
  ['a command in the folder with inputs', { executor: run, workspace: 'none', inputs: ['lib'] }, [patterns]],
  ['an agent that writes messages', { messages: true, inputs: ['lib'] }, undefined],
  ['a codemod', { executor: codemod(['src/**']) }, [globs]],
  ['a codemod of all files', { executor: codemod([]), itemsFile: 'd.csv' }, [all]],
  ['a codemod with gates', { executor: codemod(['src/**']), checks: [both] }, [globs]],
  ['a codemod with checks of its own', { executor: codemod(['src/**']), checks: [lone] }, [all]],
  [
    'a codemod with checks and inputs',
    { executor: codemod(['src/**']), checks: [lone], inputs: ['lib'] },
    [globs, patterns],
  ],
  [
    'a codemod with checks that only report',
    { executor: codemod(['src/**']), checks: [{ ...lone, gate: false }] },
    [globs],
  ],
])('what %s depends on', (_who, changes, expected) => {
  expect(inputChoice(subtask(changes))).toEqual(expected);
});

test.each<[string, Partial<Subtask>, string[]]>([
  ['an agent', {}, ['fanfold.yml']],
  ['an item of a data file', { itemsFile: 'd.csv' }, ['fanfold.yml', 'd.csv']],
  ['declared inputs', { inputs: ['lib'], itemsFile: 'd.csv' }, []],
  ['a command in the folder', { executor: run, workspace: 'none', itemsFile: 'd.csv' }, []],
  ['a codemod', { executor: codemod(['src/**']), itemsFile: 'd.csv' }, []],
])('the files that list items on which %s depends', (_who, changes, expected) => {
  const made = subtask(changes);
  expect(listingsOf(made, planOf([made], { file: 'fanfold.yml' }))).toEqual(expected);
});

test('a digest changes with a file, its mode or its name, and with no other file', () => {
  const files = { 'src/a.js': '100644 1', 'src/b.js': '100644 2', 'lib/c.js': '100644 3' };
  const digest = (changed: Record<string, string>, globsOf = ['src/**']) => {
    const set = createFileSet(new Map(Object.entries(changed)));
    return set.digest(set.choose({ kind: 'globs', globs: globsOf }));
  };
  const before = digest(files);
  expect(digest({ ...files, 'lib/c.js': '100644 4', 'lib/d.js': '100644 5' })).toBe(before);
  expect(digest({ ...files, 'src/a.js': '100644 9' })).not.toBe(before);
  expect(digest({ ...files, 'src/a.js': '100755 1' })).not.toBe(before);
  expect(digest({ 'src/x.js': '100644 1', 'src/b.js': '100644 2' })).not.toBe(before);
  expect(digest({ ...files, 'src/n.js': '100644 1' })).not.toBe(before);
});

test('patterns without magic name folders with all below; all files may leave some out', () => {
  const set = createFileSet(new Map(['a', 'lib/x.js', 'lib/y/z.js', 'library.js'].map((path) => [path, ''])));
  expect(set.choose({ kind: 'patterns', patterns: ['lib'] })).toEqual(['lib/x.js', 'lib/y/z.js']);
  expect(set.choose({ kind: 'patterns', patterns: ['lib', '!lib/y'] })).toEqual(['lib/x.js']);
  expect(set.choose({ kind: 'patterns', patterns: [] })).toEqual([]);
  expect(set.choose({ kind: 'all', except: ['a'] })).toEqual(['lib/x.js', 'lib/y/z.js', 'library.js']);
});
