import { expect, test } from 'vitest';
import type { AgentCatalog, AgentDefinition } from '../../../../tasks/index.ts';
import { expandText, expansionProblem } from '../../../support/expand-text.ts';

function define(name: string, rest: Partial<AgentDefinition> = {}): AgentDefinition {
  const nothing = { allow: [], ask: [], deny: [] };
  return { name, description: name, prompt: `You are ${name}.`, permissions: nothing, ...rest };
}

const agents: AgentCatalog = {
  definitions: [
    define('planner', { permissions: { mode: 'plan', allow: [], ask: [], deny: ['Bash'] } }),
    define('reviewer', { model: 'claude-haiku-5-5' }),
  ],
  unusable: [{ name: 'broken', path: '.claude/agents/broken.md', problem: 'its frontmatter has no name' }],
};

test('a subtask has the definition that it names, else that of the defaults; those are pinned in the plan', async () => {
  const plan = await expandText(
    `model: { name: m, effort: high }
defaults: { agent: reviewer, permissions: { allow: [Read] } }
subtasks:
  - { id: a, prompt: p }
  - { id: b, prompt: p, agent: planner }
  - { id: c, prompt: p, model: { name: n } }
  - { id: d, run: "true" }`,
    { agents },
  );
  expect(plan.agents?.map(({ name }) => name)).toEqual(['planner', 'reviewer']);
  expect(plan.subtasks.map(({ agent, model }) => [agent, model])).toEqual([
    ['reviewer', { name: 'claude-haiku-5-5' }],
    ['planner', { name: 'm', effort: 'high' }],
    ['reviewer', { name: 'n' }],
    [undefined, expect.anything()],
  ]);
  expect(plan.subtasks[1]?.permissions).toEqual({ mode: 'plan', allow: ['Read'], ask: [], deny: ['Bash'] });
  expect(plan.subtasks.every(({ helpers }) => helpers === undefined)).toBe(true);
});

test('an agent without a tool to change anything with may read only, so that nobody waits for a change', async () => {
  const scout = define('scout', { tools: ['Read', 'Grep', 'Agent'] });
  const writer = define('writer', { tools: ['Read', 'Write'] });
  const plan = await expandText('subtasks: [{ id: a, prompt: p, agent: scout }, { id: b, prompt: p, agent: writer }]', {
    agents: { definitions: [scout, writer], unusable: [] },
  });
  expect(plan.subtasks.map(({ permissions }) => permissions.mode)).toEqual(['plan', 'acceptEdits']);
});

test('where there are helpers all definitions are pinned, else only those that are named', async () => {
  const helped = await expandText('subtasks: [{ id: a, prompt: p, helpers: { count: 3 } }, { id: b, prompt: p }]', {
    agents,
  });
  expect(helped.agents?.map(({ name }) => name)).toEqual(['planner', 'reviewer']);
  expect(helped.subtasks.map(({ helpers }) => helpers)).toEqual([{ depth: 1, count: 3 }, undefined]);
  const named = await expandText('subtasks: [{ id: a, prompt: p, agent: planner }]', { agents });
  expect(named.agents?.map(({ name }) => name)).toEqual(['planner']);
  expect((await expandText('subtasks: [{ id: a, prompt: p }]', { agents })).agents).toBeUndefined();
});

test('a replay is asked whatever a definition says', async () => {
  const text = 'model: { name: "replay:/f.jsonl" }\nsubtasks: [{ id: a, prompt: p, agent: reviewer }]';
  expect((await expandText(text, { agents })).subtasks[0]?.model.name).toBe('replay:/f.jsonl');
});

test('a name that there is not is told with its place, the nearest and the list', async () => {
  expect(await expansionProblem('subtasks: [{ id: a, prompt: p, agent: reviewr }]', { agents })).toContain(
    'f.yml:3:39: subtasks[0].agent: found "reviewr"; allowed planner, reviewer; did you mean reviewer?',
  );
  expect(await expansionProblem('defaults: { agent: nobody }\nsubtasks: [{ id: a, prompt: p }]')).toContain(
    'defaults.agent: found "nobody"; allowed an agent that is defined, and none is: write .fanfold/agents/<name>.md',
  );
  expect(await expansionProblem('subtasks: [{ id: a, prompt: p, agent: broken }]', { agents })).toContain(
    'found "broken"; allowed it once .claude/agents/broken.md is put right: its frontmatter has no name',
  );
});

test.each([
  ['{ id: a, run: "true", agent: x }', 'allowed nothing here, since only work for an agent (prompt) has one'],
  ['{ id: a, run: "true", helpers: {} }', 'allowed nothing here, since only agents (prompt) have helpers'],
  ['{ id: a, prompt: p, helpers: { depth: 4 } }', 'allowed a whole number from 1 to 3'],
  ['{ id: a, prompt: p, helpers: { count: 65 } }', 'allowed a whole number from 1 to 64'],
  ['{ id: a, prompt: p, helpers: true }', 'allowed an object with depth and count'],
  ['{ id: a, prompt: p, agent: "a b" }', 'allowed the name of an agent'],
])('%s is refused', async (subtask, allowed) => {
  expect(await expansionProblem(`subtasks: [${subtask}]`, { agents })).toContain(allowed);
});
