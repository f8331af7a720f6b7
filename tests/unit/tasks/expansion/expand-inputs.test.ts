import { expect, test } from 'vitest';
import { expandText, expansionProblem } from '../../../support/expand-text.ts';

const world = { paths: ['src/a.js', 'src/b.js'], files: { 'rows.csv': 'name\nx\ny\n' } };

test('inputs are globs of the item, the own ones before those of the defaults', async () => {
  const plan = await expandText(
    `defaults: { inputs: [package.json] }
subtasks:
  - { id: "one-\${{ item.name }}", forEach: { files: "src/*.js" }, run: make, inputs: ["\${{ item.path }}", "lib/"] }
  - { id: two, run: make }
  - { id: three, run: make, inputs: [] }
`,
    world,
  );
  expect(plan.subtasks.map(({ id, inputs }) => [id, inputs])).toEqual([
    ['one-a', ['src/a.js', 'lib/']],
    ['one-b', ['src/b.js', 'lib/']],
    ['two', ['package.json']],
    ['three', []],
  ]);
});

test('a subtask knows the data file of its item, and has no inputs unless they are written', async () => {
  const plan = await expandText(
    `subtasks:
  - { id: "row-\${{ item.name }}", forEach: { csv: rows.csv }, run: make }
  - { id: "file-\${{ item.name }}", forEach: { files: "src/*.js" }, run: make }
`,
    world,
  );
  expect(plan.subtasks.map(({ itemsFile, inputs }) => [itemsFile, inputs])).toEqual([
    ['rows.csv', undefined],
    ['rows.csv', undefined],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('inputs that lead out of the repository, or name an item where there is none, are refused', async () => {
  const problem = await expansionProblem(
    'defaults: { inputs: ["${{ item.path }}"] }\nsubtasks:\n  - { id: a, run: x }\n',
  );
  expect(problem).toMatch(/f\.yml:3:\d+: defaults\.inputs/);
  await expect(expandText('subtasks:\n  - { id: a, run: x, inputs: ["../x"] }\n')).rejects.toMatchObject({
    message: expect.stringContaining('a glob without .. parts'),
  });
  await expect(expandText('subtasks:\n  - { id: a, run: x, inputs: src }\n')).rejects.toMatchObject({
    message: expect.stringContaining('a list of globs'),
  });
});

test('variables that count are names, those of a subtask instead of those of the defaults', async () => {
  const plan = await expandText(
    `defaults: { inputVariables: [MODE] }
subtasks:
  - { id: one, run: make }
  - { id: two, run: make, inputVariables: [TARGET, "BUILD_*"] }
  - { id: three, run: make, inputVariables: [] }
`,
  );
  expect(plan.subtasks.map(({ inputVariables }) => inputVariables)).toEqual([['MODE'], ['TARGET', 'BUILD_*'], []]);
  for (const wrong of ['"A B"', 'A*B', '"A=1"', '1']) {
    const text = `subtasks:\n  - { id: a, run: x, inputVariables: [${wrong}] }\n`;
    await expect(expandText(text)).rejects.toMatchObject({ message: expect.stringContaining('a name of a variable') });
  }
  await expect(expandText('subtasks:\n  - { id: a, run: x, inputVariables: { A: 1 } }\n')).rejects.toMatchObject({
    message: expect.stringContaining('a list of names of environment variables'),
  });
});
