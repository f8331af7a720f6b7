import { expect, test } from 'vitest';
import type { PlanArguments } from '../../../../coordinator/cli/command-options.ts';
import { withArguments } from '../../../../coordinator/cli/with-arguments.ts';
import { FanfoldError, type TaskFile } from '../../../../tasks/index.ts';

const none: PlanArguments = {
  target: [],
  json: false,
  repo: undefined,
  base: undefined,
  into: undefined,
  trust: false,
  usd: undefined,
  tokens: undefined,
  minutes: undefined,
  model: undefined,
  effort: undefined,
  plannerModel: undefined,
  record: undefined,
  baseUrl: undefined,
  permissionMode: undefined,
  allow: undefined,
  ask: undefined,
  deny: undefined,
};
const taskFile: TaskFile = {
  version: 1,
  name: 'x',
  permissions: { allow: ['Read'] },
  defaults: { model: { name: 'default-model' }, permissions: { mode: 'bypassPermissions' } },
  subtasks: [
    {
      id: 'own',
      prompt: 'p',
      permissions: { mode: 'bypassPermissions', deny: ['Bash'] },
      model: { name: 'own-model', maxTokens: 5 },
    },
    { id: 'plain', prompt: 'p' },
  ],
};

test('without arguments the file stays as it is', () => {
  expect(withArguments(taskFile, none)).toEqual(taskFile);
});

test('a mode and a model of the command line outrank every level, and leave the rest', () => {
  const merged = withArguments(taskFile, {
    ...none,
    permissionMode: 'plan',
    model: 'mine',
    baseUrl: 'http://127.0.0.1:1',
  });
  expect(merged.permissions).toEqual({ mode: 'plan', allow: ['Read'] });
  expect(merged.defaults).toEqual({
    model: { name: 'mine', baseUrl: 'http://127.0.0.1:1' },
    permissions: { mode: 'plan' },
  });
  expect(merged.subtasks).toEqual([
    {
      id: 'own',
      prompt: 'p',
      permissions: { mode: 'plan', deny: ['Bash'] },
      model: { name: 'mine', baseUrl: 'http://127.0.0.1:1' },
    },
    { id: 'plain', prompt: 'p' },
  ]);
  expect(merged.model).toEqual({ name: 'mine', baseUrl: 'http://127.0.0.1:1' });
});

test('what a file says of one model does not go to the one that the command line names, but --effort does', () => {
  const [fields, other] = [{ effort: 'high' as const, fallback: ['c'] }, { idleTimeout: '1m' }];
  const file: TaskFile = {
    ...taskFile,
    model: { name: 'a', ...other, ...fields },
    defaults: { model: { ...fields } },
    subtasks: [
      { id: 'nameless', prompt: 'p', model: { maxTokens: 5 } },
      { id: 'named', prompt: 'p', model: { name: 'b', ...other, ...fields } },
    ],
  };
  const modelsOf = ({ model, defaults, subtasks }: TaskFile) =>
    [model, defaults?.model, ...subtasks.map((subtask) => subtask.model)] as const;
  const [b, mine] = [{ name: 'b' }, { name: 'mine', effort: 'low' }];
  expect(modelsOf(withArguments(file, { ...none, model: 'b' }))).toEqual([
    { ...b, ...other },
    b,
    b,
    { ...b, ...other, ...fields },
  ]);
  const both = withArguments(file, { ...none, model: 'mine', effort: 'low' });
  expect(modelsOf(both)).toEqual([{ ...mine, ...other }, mine, mine, { ...mine, ...other }]);
  const same = withArguments(file, { ...none, model: 'a' });
  expect(modelsOf(same)[0]).toEqual({ name: 'a', ...other, ...fields });
  expect(modelsOf(same)[2]).toEqual({ name: 'a', maxTokens: 5 });
});

test('rules are added to those of the file', () => {
  const merged = withArguments(taskFile, { ...none, allow: ['Bash(ls)'], deny: ['Edit(x)'] });
  expect(merged.permissions).toEqual({ allow: ['Read', 'Bash(ls)'], ask: [], deny: ['Edit(x)'] });
});

test.each([
  ['a branch git refuses', { into: 'a b' }],
  ['a rule for no tool', { deny: ['Bsh(rm *)'] }],
  ['a server that is no URL', { baseUrl: 'nowhere' }],
])('%s is a mistake on the command line', (_name, args) => {
  expect(() => withArguments(taskFile, { ...none, ...args })).toThrow(FanfoldError);
  try {
    withArguments(taskFile, { ...none, ...args });
  } catch (error) {
    expect(error).toMatchObject({ code: 'usage' });
  }
});

test('--effort is that of every agent, --base-url the server of everybody', () => {
  const roles = { judge: { name: 'j', baseUrl: 'http://127.0.0.1:2' }, summariser: { name: 's' } };
  const baseUrl = 'http://127.0.0.1:1';
  const merged = withArguments({ ...taskFile, roles }, { ...none, effort: 'low', baseUrl });
  expect(merged.model).toEqual({ effort: 'low', baseUrl });
  expect(merged.subtasks[0]?.model).toEqual({ name: 'own-model', maxTokens: 5, effort: 'low', baseUrl });
  expect(merged.roles).toEqual({ judge: { name: 'j', baseUrl }, summariser: { name: 's' } });
});
