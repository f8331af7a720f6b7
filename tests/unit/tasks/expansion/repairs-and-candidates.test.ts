import { describe, expect, it } from 'vitest';
import { validateTaskFile } from '../../../../tasks/index.ts';
import { expandText, expansionProblem } from '../../../support/expand-text.ts';

const file = (subtask: object) => ({ version: 1, name: 'a', subtasks: [subtask] });

describe('repairs', () => {
  it('are two for agents unless the file says otherwise, and nothing for others', async () => {
    const { subtasks } = await expandText(`subtasks:
  - { id: a, prompt: x }
  - { id: b, prompt: x, repairs: 0 }
  - { id: c, run: "true" }`);
    expect(subtasks.map(({ repairs }) => repairs)).toEqual([2, 0, undefined]);
    const set = await expandText(`defaults: { repairs: 5 }
subtasks:
  - { id: a, prompt: x }
  - { id: b, prompt: x, repairs: 10 }
  - { id: c, run: "true" }`);
    expect(set.subtasks.map(({ repairs }) => repairs)).toEqual([5, 10, undefined]);
  });

  it('are refused where there is no agent, and beyond their limits', () => {
    expect(() => validateTaskFile(file({ id: 'a', run: 'true', repairs: 1 }))).toThrow(
      'subtasks[0].repairs: found the number 1; allowed nothing here, since only an agent (prompt) can mend its work',
    );
    expect(() => validateTaskFile(file({ id: 'a', codemod: 'r.yml', repairs: 0 }))).toThrow('allowed nothing here');
    for (const repairs of [-1, 11, 1.5, '2']) {
      expect(() => validateTaskFile(file({ id: 'a', prompt: 'x', repairs }))).toThrow(
        'allowed a whole number from 0 to 10',
      );
    }
  });
});

describe('candidates', () => {
  it('are one unless the subtask says otherwise', async () => {
    const { subtasks } = await expandText(`subtasks:
  - { id: a, prompt: x }
  - { id: b, prompt: x, candidates: 1 }
  - { id: c, prompt: x, candidates: 8, workspace: copy }`);
    expect(subtasks.map(({ candidates }) => candidates)).toEqual([undefined, undefined, 8]);
  });

  it('are refused where there is no agent, and beyond their limits', () => {
    expect(() => validateTaskFile(file({ id: 'a', run: 'true', candidates: 2 }))).toThrow(
      'subtasks[0].candidates: found the number 2; allowed nothing here, since only agents (prompt)',
    );
    for (const candidates of [0, 9, 'three']) {
      expect(() => validateTaskFile(file({ id: 'a', prompt: 'x', candidates }))).toThrow(
        'allowed a whole number from 1 to 8',
      );
    }
  });

  it('are refused in one folder and for agents that take messages, whoever says so', async () => {
    const oneFolder = 'found 3 candidates in one folder; allowed with workspace worktree or copy';
    expect(await expansionProblem('subtasks: [{ id: a, prompt: x, candidates: 3, workspace: none }]')).toContain(
      oneFolder,
    );
    expect(
      await expansionProblem('defaults: { workspace: none }\nsubtasks: [{ id: a, prompt: x, candidates: 3 }]'),
    ).toContain(oneFolder);
    const letters = 'found 2 candidates of an agent that takes messages; allowed with messages: false';
    expect(
      await expansionProblem('defaults: { messages: true }\nsubtasks: [{ id: a, prompt: x, candidates: 2 }]'),
    ).toContain(letters);
    const without = await expandText(
      'defaults: { messages: true }\nsubtasks: [{ id: a, prompt: x, candidates: 2, messages: false }]',
    );
    expect(without.subtasks[0]).toMatchObject({ candidates: 2 });
  });
});
