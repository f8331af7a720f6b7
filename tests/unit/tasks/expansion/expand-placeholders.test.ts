import { describe, expect, it } from 'vitest';
import { commandsOf, expandText, expansionProblem, repository } from '../../../support/expand-text.ts';

describe('placeholders', () => {
  it('quote for the shell, and guard paths that look like options', async () => {
    const plan = await expandText(
      'subtasks:\n  - { id: a, forEach: { files: "*" }, run: "x --in=${{ item.path }} ${{ item.name }}" }\n',
      {
        paths: ["it's; rm -rf $HOME", '-rf'],
      },
    );
    expect(commandsOf(plan)).toEqual([
      "x --in='./-rf' '-rf'",
      "x --in='it'\\''s; rm -rf $HOME' 'it'\\''s; rm -rf $HOME'",
    ]);
  });

  it('escape globs in files and writes, and spread lists', async () => {
    const plan = await expandText(
      'subtasks:\n  - { id: a, forEach: { files: "app/*", chunk: 5 }, codemod: r, files: ["${{ item.paths }}"], writes: ["${{ item.first.dir }}/*", "${{ item.paths }}"] }\n',
      { paths: ['app/[id].ts', 'app/{a,b}*.ts', 'app/!x'], files: { r: 'r' } },
    );
    const escaped = ['app/\\!x', 'app/\\[id\\].ts', 'app/\\{a\\,b\\}\\*.ts'];
    expect(plan.subtasks[0]?.executor).toMatchObject({ files: escaped });
    expect(plan.subtasks[0]?.writes).toEqual(['app/*', ...escaped]);
  });

  it('work for files at the top of the repository', async () => {
    const plan = await expandText(
      'subtasks:\n  - { id: a, forEach: { files: "*.md" }, run: x, writes: ["${{ item.dir }}/*.md"] }\n',
      { paths: ['a.md'] },
    );
    expect(plan.subtasks[0]?.writes).toEqual(['*.md']);
  });

  it('make ids of any values, unique and short', async () => {
    const long = `${'deep/'.repeat(20)}file.js`;
    const plan = await expandText(
      'subtasks:\n  - { id: "fix-${{ item.path }}-now", forEach: { files: "**" }, run: x }\n',
      {
        paths: ['Src/Ünï_Code.test.JS', '日本', long, `${long}x`],
      },
    );
    const ids = plan.subtasks.map(({ id }) => id);
    expect(ids[0]).toBe('fix-src-uni-code-test-js-now');
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^fix-[a-z0-9-]{1,56}-now$/);
  });

  it('number the ids of a template that has none', async () => {
    const plan = await expandText(
      'subtasks:\n  - { id: a, forEach: { files: "src/*/*" }, run: x }\n  - { id: b, needs: [a], run: x }\n',
      repository,
    );
    expect(plan.subtasks.map(({ id }) => id)).toEqual(['a-0', 'a-1', 'b']);
    expect(plan.subtasks[2]?.needs).toEqual(['a-0', 'a-1']);
  });

  it('tie subtasks of the same item to each other, and name whole templates from outside', async () => {
    const plan = await expandText(
      [
        'subtasks:',
        '  - { id: "test-${{ item.name }}", forEach: { glob: "src/*/" }, needs: ["build-${{ item.name }}"], run: x }',
        '  - { id: "build-${{ item.name }}", forEach: { glob: "src/*/" }, run: x }',
        '  - { id: all, needs: ["test-${{ item.name }}"], run: x }',
      ].join('\n'),
      repository,
    );
    expect(plan.subtasks.map(({ id, needs }) => `${id}: ${needs.join(' ')}`)).toEqual([
      'build-a: ',
      'test-a: build-a',
      'build-b: ',
      'test-b: build-b',
      'all: test-a test-b',
    ]);
  });

  it('keep what is escaped', async () => {
    expect(commandsOf(await expandText('subtasks:\n  - { id: a, run: "echo $${{ x }}" }\n'))).toEqual([
      'echo ${{ x }}',
    ]);
  });

  it.each([
    [
      'an unknown field',
      '{ id: a, forEach: { glob: "src/*" }, run: "x ${{ item.pth }}" }',
      'f.yml:4:50: subtasks[0].run: found ${{ item.pth }}; did you mean item.path?; allowed item.index, item.path, item.dir',
    ],
    [
      'an item where there is none',
      '{ id: a, run: "x ${{ item.path }}" }',
      'found ${{ item.path }}, but there is no forEach here; allowed run.name',
    ],
    ['a goal that is not set', '{ id: a, prompt: "${{ goal }}" }', 'found ${{ goal }}; allowed run.name'],
    [
      'an inherited property',
      '{ id: a, prompt: "${{ run.constructor }}" }',
      'found ${{ run.constructor }}; allowed run.name',
    ],
    [
      'quotes',
      '{ id: a, forEach: { glob: "src/*" }, run: "x \'${{ item.path }}\'" }',
      'f.yml:4:51: subtasks[0].run: found ${{ item.path }} inside single quotes; allowed without them',
    ],
    [
      'quotes in a check',
      '{ id: a, run: x, checks: [{ name: c, run: \'x "${{ goal }}"\' }] }',
      'subtasks[0].checks[0].run: found ${{ goal }} inside double quotes',
    ],
    [
      'a here-document',
      '{ id: a, forEach: { glob: "src/*" }, run: "cat <<E\\n${{ item.path }}\\nE" }',
      'allowed outside of it, or "$FANFOLD_ITEM_PATH" in its place',
    ],
    [
      'a list inside other text',
      '{ id: a, forEach: { glob: "src/*", chunk: 2 }, run: x, writes: ["a/${{ item.paths }}"] }',
      'found in ${{ item.paths }} a list of 2 inside other text',
    ],
    [
      'a duplicate id',
      '{ id: "a-${{ item.ext }}", forEach: { files: "src/**" }, run: x }',
      'subtasks[0].id: found the id "a-js" twice, for item 0 (src/a/x.js) and item 1 (src/b/y.js); allowed ids that differ, for instance with ${{ item.index }}',
    ],
    ['an id that is too long', `{ id: ${'a'.repeat(65)}, run: x }`, 'found an id with 65 characters of its own'],
    [
      'an unknown need',
      '{ id: a, needs: [b], run: x }',
      'f.yml:4:22: subtasks[0].needs[0]: found "b", which no subtask is called',
    ],
    [
      'an item variable in a check of the run',
      '{ id: a, run: x }\nchecks: [{ name: c, run: "x ${{ item.path }}" }]',
      'checks[0].run: found ${{ item.path }}',
    ],
  ])('refuse %s', async (_, subtask, message) => {
    expect(await expansionProblem(`subtasks:\n  - ${subtask}\n`, repository)).toContain(message);
  });

  it('refuse values that lead out of the repository', async () => {
    const world = { files: { d: '../../etc\n' } };
    const text = 'subtasks:\n  - { id: a, forEach: { lines: d }, run: x, writes: ["${{ item.value }}/**"] }\n';
    expect(await expansionProblem(text, world)).toContain(
      'subtasks[0].writes[0]: found "../../etc/**" after expansion; allowed a glob without .. parts',
    );
  });

  it('refuse NUL characters in commands', async () => {
    const world = { files: { d: '{"a":"x\\u0000y"}' } };
    expect(
      await expansionProblem('subtasks:\n  - { id: a, forEach: { jsonl: d }, run: "x ${{ item.a }}" }\n', world),
    ).toContain('a value with a NUL character');
  });

  it('refuse commands that no process can be given', async () => {
    const paths = Array.from({ length: 3000 }, (_, index) => `src/${'x'.repeat(50)}-${index}`);
    const text = 'subtasks:\n  - { id: a, forEach: { files: "**", chunk: 3000 }, run: "x ${{ item.paths }}" }\n';
    expect(await expansionProblem(text, { paths })).toContain('allowed at most 120,000; use smaller chunks');
  });
});
