import { describe, expect, it } from 'vitest';
import { validateTaskFile } from '../../../../tasks/index.ts';
import { expandText, expansionProblem } from '../../../support/expand-text.ts';

describe('messages', () => {
  it('are for the agents that the file says, by default for none', async () => {
    const { subtasks } = await expandText(`defaults: { messages: true }
subtasks:
  - { id: a, prompt: x }
  - { id: b, prompt: x, messages: false }
  - { id: c, run: "true" }`);
    expect(subtasks.map(({ messages }) => messages)).toEqual([true, undefined, undefined]);
    const plain = await expandText('subtasks: [{ id: a, prompt: x }, { id: b, prompt: x, messages: true }]');
    expect(plain.subtasks.map(({ messages }) => messages)).toEqual([undefined, true]);
  });

  it('are refused where there is no agent, and for ids that mean somebody else', async () => {
    const file = (subtask: object) => ({ version: 1, name: 'a', subtasks: [subtask] });
    expect(() => validateTaskFile(file({ id: 'a', run: 'true', messages: true }))).toThrow(
      'subtasks[0].messages: found the boolean true; allowed nothing here, since only agents (prompt) write messages',
    );
    expect(() => validateTaskFile(file({ id: 'a', prompt: 'x', messages: 'yes' }))).toThrow('allowed true or false');
    expect(await expansionProblem('subtasks: [{ id: coordinator, prompt: x, messages: true }]')).toContain(
      'found the id coordinator of a subtask with messages after expansion; allowed another id',
    );
    expect((await expandText('subtasks: [{ id: person, prompt: x }]')).subtasks).toHaveLength(1);
  });

  it('have a tool that rules can name', () => {
    const rules = { allow: ['SendMessage(reviewer-*)'], ask: ['SendMessage'], deny: ['SendMessage(coordinator)'] };
    const file = { version: 1, name: 'a', permissions: rules, subtasks: [{ id: 'a', prompt: 'x' }] };
    expect(validateTaskFile(file)).toEqual(file);
  });
});
