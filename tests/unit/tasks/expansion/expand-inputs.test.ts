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
