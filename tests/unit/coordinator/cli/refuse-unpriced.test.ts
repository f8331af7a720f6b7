import { expect, test } from 'vitest';
import { refuseUnpricedDefinitions } from '../../../../coordinator/cli/refuse-unpriced.ts';
import { unpricedWarnings } from '../../../../coordinator/cli/unpriced-models.ts';
import type { AgentDefinition } from '../../../../tasks/index.ts';
import { expandText } from '../../../support/expand-text.ts';

const nothing = { allow: [], ask: [], deny: [] };

function define(name: string, rest: Partial<AgentDefinition> = {}): AgentDefinition {
  return { name, description: name, prompt: `You are ${name}.`, permissions: nothing, ...rest };
}

const shipped = define('scout', { model: 'cheap-9', source: 'repository' });
const own = define('scout', { model: 'cheap-9' });
const plain = define('plain');

function planOf(text: string, ...definitions: AgentDefinition[]) {
  return expandText(text, { agents: { definitions, unusable: [] } });
}

const refusal =
  'The agent scout, as the repository defines it, asks for the model cheap-9, of which no price is known: the limit in USD would not hold.';

test.each([
  ['an agent', 'budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, agent: scout }]'],
  ['the agent of all', 'budget: { usd: 1 }\ndefaults: { agent: scout }\nsubtasks: [{ id: a, prompt: p }]'],
  ['helpers', 'budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, helpers: { count: 3 } }]'],
  ['helpers, with a limit of the subtask', 'subtasks: [{ id: a, prompt: p, helpers: {}, budget: { usd: 1 } }]'],
  [
    'helpers of one with a definition',
    'budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, agent: plain, helpers: {} }]',
  ],
])('a model without a price that a repository gives %s is refused where USD are limited', async (_, text) => {
  const plan = await planOf(text, plain, shipped);
  expect(() => refuseUnpricedDefinitions(plan)).toThrow(refusal);
});

test.each([
  ['no limit', 'subtasks: [{ id: a, prompt: p, agent: scout, helpers: {} }]'],
  ['a limit in tokens', 'budget: { tokens: 9 }\nsubtasks: [{ id: a, prompt: p, agent: scout, helpers: {} }]'],
  [
    'a limit of another subtask',
    'subtasks: [{ id: a, prompt: p, agent: scout }, { id: b, prompt: p, budget: { usd: 1 } }]',
  ],
  [
    'a price',
    'budget: { usd: 1 }\nmodels: { cheap-9: { price: { input: 0, output: 0 } } }\nsubtasks: [{ id: a, prompt: p, agent: scout, helpers: {} }]',
  ],
  [
    'another model of the subtask',
    'budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, agent: scout, model: { name: claude-opus-5-5 } }]',
  ],
  ['nobody who can have it', 'budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, agent: plain }]'],
  [
    'a user who names it too',
    'budget: { usd: 1 }\nmodel: { name: cheap-9 }\nsubtasks: [{ id: a, prompt: p, helpers: {} }]',
  ],
])('with %s there is nothing to refuse', async (_, text) => {
  const plan = await planOf(text, plain, shipped);
  expect(() => refuseUnpricedDefinitions(plan)).not.toThrow();
});

test('agents that can have no helpers, or not such, do not count', async () => {
  const alone = define('alone', { tools: ['Read'] });
  const choosy = define('choosy', { helperTypes: ['alone'] });
  const text =
    'budget: { usd: 1 }\ndefaults: { helpers: {} }\nsubtasks: [{ id: a, prompt: p, agent: alone }, { id: b, prompt: p, agent: choosy }]';
  const plan = await planOf(text, alone, choosy, shipped);
  expect(() => refuseUnpricedDefinitions(plan)).not.toThrow();
  expect(unpricedWarnings(plan)).toEqual([]);
});

test('of a definition of the user it is told, also where only helpers can have it', async () => {
  const plan = await planOf('budget: { usd: 1 }\nsubtasks: [{ id: a, prompt: p, helpers: {} }]', own);
  expect(() => refuseUnpricedDefinitions(plan)).not.toThrow();
  expect(unpricedWarnings(plan)).toEqual([
    'No price is known for cheap-9: the limit in USD does not hold there. Limit tokens as well, or say what they cost.',
  ]);
});
