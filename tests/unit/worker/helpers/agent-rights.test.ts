import { expect, test } from 'vitest';
import type { AgentDefinition, Permissions } from '../../../../tasks/index.ts';
import { readsOnly, rightsOfHelper, rightsOfSubtask } from '../../../../worker/helpers/agent-rights.ts';

const permissions: Permissions = { mode: 'acceptEdits', allow: [], ask: [], deny: ['Read(a)'] };
const limits = { depth: 3, count: 8 };

function define(name: string, rest: Partial<AgentDefinition> = {}): AgentDefinition {
  const nothing = { allow: [], ask: [], deny: [] };
  return { name, description: name, prompt: `You are ${name}.`, permissions: nothing, ...rest };
}

function rights(agent: AgentDefinition, others: AgentDefinition[] = []) {
  const subtask = { agent: agent.name, permissions, model: { name: 'm' }, helpers: limits };
  return rightsOfSubtask(subtask, [agent, ...others]);
}

test('a helper has no tool and no permission that the agent has not which asks for it', () => {
  const bold = define('bold', {
    tools: ['Read', 'Bash', 'Agent'],
    permissions: { mode: 'bypassPermissions', allow: ['Bash'], ask: [], deny: ['Read(b)'] },
  });
  const own = rights(define('reader', { tools: ['Read', 'Grep', 'Agent'] }), [bold]);
  const helper = rightsOfHelper(own, bold);
  expect([...(helper.tools ?? [])]).toEqual(['Read', 'Agent']);
  expect(helper.permissions).toEqual({ mode: 'acceptEdits', allow: [], ask: [], deny: ['Read(a)', 'Read(b)'] });
  // Nor have those of the helper.
  const all = rightsOfHelper(helper, define('all'));
  expect([...(all.tools ?? [])]).toEqual(['Read', 'Agent']);
  expect(rightsOfHelper(helper, undefined).tools).toEqual(helper.tools);
});

test('who has the rights of the agent that asks has not its role', () => {
  const own = rights(define('lead', { maxTurns: 3 }));
  expect(own).toMatchObject({ role: 'You are lead.', maxTurns: 3 });
  expect(rightsOfHelper(own, undefined)).toMatchObject({ role: undefined, maxTurns: undefined, model: { name: 'm' } });
});

test('another model is asked without what was said of the first, and none in a replay', () => {
  const own = { ...rights(define('lead')), model: { name: 'm', effort: 'high' as const, maxTokens: 5 } };
  const other = define('other', { model: 'n' });
  expect(rightsOfHelper(own, other).model).toEqual({ name: 'n', maxTokens: 5 });
  const replayed = { ...own, model: { name: 'replay:/f' } };
  expect(rightsOfHelper(replayed, other).model).toEqual({ name: 'replay:/f' });
});

test('kinds of helpers are those that the definition names', () => {
  const [a, b, c] = [define('a', { helperTypes: ['b', 'c'] }), define('b', { helperTypes: ['a', 'c'] }), define('c')];
  const own = rights(a, [b, c]);
  expect(own.helperTypes.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(rightsOfHelper(own, b).helperTypes.map(({ name }) => name)).toEqual(['c']);
});

test('who can change nothing reads only', () => {
  expect(readsOnly(rights(define('a')))).toBe(false);
  expect(readsOnly(rights(define('a', { tools: ['Read', 'Bash'] })))).toBe(false);
  expect(readsOnly(rights(define('a', { tools: ['Read', 'Glob', 'Grep', 'Agent'] })))).toBe(true);
  expect(readsOnly({ ...rights(define('a')), permissions: { ...permissions, mode: 'plan' } })).toBe(true);
});
