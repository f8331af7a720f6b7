import { expect, test } from 'vitest';
import { expandText } from '../../../support/expand-text.ts';

test('the most specific warmUp counts, and without one nothing is said', async () => {
  const { subtasks } = await expandText(`model: { warmUp: on }
defaults: { model: { warmUp: off } }
subtasks:
  - { id: a, prompt: x }
  - { id: b, prompt: x, model: { warmUp: auto } }`);
  expect(subtasks.map(({ model }) => model.warmUp)).toEqual(['off', 'auto']);
  expect((await expandText('subtasks: [{ id: a, prompt: x }]')).subtasks[0]?.model).toEqual({});
});

test('what is no way to do it is refused with those there are', async () => {
  const file = 'model: { warmUp: false }\nsubtasks: [{ id: a, prompt: x }]';
  await expect(expandText(file)).rejects.toThrow(/model\.warmUp: found the boolean false; allowed .*auto.*on.*off/s);
});
