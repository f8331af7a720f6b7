import { expect, it } from 'vitest';
import { validateTaskFile } from '../../../../tasks/index.ts';
import { expandText } from '../../../support/expand-text.ts';

it('gives each agent the limits of its own budget on top of the defaults, and commands none', async () => {
  const { subtasks } = await expandText(`defaults: { budget: { usd: 1, minutes: 5 } }
subtasks:
  - { id: own, prompt: Do it, budget: { usd: 2, tokens: 900 } }
  - { id: usual, prompt: Do it }
  - { id: command, run: "true" }
`);
  expect(subtasks.map(({ budget }) => budget)).toEqual([
    { usd: 2, minutes: 5, tokens: 900 },
    { usd: 1, minutes: 5 },
    undefined,
  ]);
});

it('refuses a budget of a command, and one of nothing', () => {
  const file = (subtask: object) => ({ version: 1, name: 'x', subtasks: [{ id: 'a', ...subtask }] });
  expect(() => validateTaskFile(file({ run: 'true', budget: { usd: 1 } }))).toThrow('only agents (prompt) spend money');
  expect(() => validateTaskFile(file({ prompt: 'Do it', budget: { tokens: 0 } }))).toThrow('tokens');
});
