import { describe, expect, it } from 'vitest';
import { commandsOf, expandText, expansionProblem, repository } from '../../../support/expand-text.ts';
import type { MemoryWorld } from '../../../support/memory-sources.ts';

describe('items of forEach', () => {
  const each = (forEach: string, run: string, world: MemoryWorld = repository) =>
    expandText(`subtasks:\n  - { id: a, forEach: ${forEach}, run: "${run}" }\n`, world).then(commandsOf);

  it.each([
    [
      'glob with fields of the path',
      '{ glob: "docs/*" }',
      'x ${{ item.dir }} ${{ item.name }} ${{ item.ext }} ${{ item.value }} ${{ item.index }}',
      ["x 'docs' 'a b' '.md' 'docs/a b.md' '0'"],
    ],
    ['directories without an extension', '{ glob: "src/*/" }', '${{ item.name }}${{ item.ext }}', ["'a'''", "'b'''"]],
    ['files', '{ files: ["src/**", "!src/a"] }', '${{ item.path }}', ["'src/b/y.js'", "'src/main.js'"]],
    [
      'chunks',
      '{ files: "src/**", chunk: 2 }',
      'x ${{ item.paths }} ${{ item.count }} ${{ item.index }} ${{ item.first.name }} ${{ item.last.path }}',
      ["x 'src/a/x.js' 'src/b/y.js' '2' '0' 'x' 'src/b/y.js'", "x 'src/main.js' '1' '1' 'main' 'src/main.js'"],
    ],
    ['a limit', '{ files: "src/**", limit: 1 }', '${{ item.path }}', ["'src/a/x.js'"]],
  ])('%s', async (_, forEach, run, commands) => {
    expect(await each(forEach, run)).toEqual(commands);
  });

  it.each([
    ['lines', '{ lines: d }', '\uFEFFone\r\n\n  two words \n', 'x ${{ item.value }}', ["x 'one'", "x '  two words '"]],
    [
      'CSV',
      '{ csv: d }',
      'First name,age\n"O\'Neil, ""Bo""",3\nKim,4\n',
      "x ${{ item['First name'] }} ${{ item.age }}",
      ["x 'O'\\''Neil, \"Bo\"' '3'", "x 'Kim' '4'"],
    ],
    [
      'JSON lines',
      '{ jsonl: d }',
      '{"a":{"b":[1,2]},"n":null}\n\n{"a":{"b":["x y"]},"n":true}',
      'x ${{ item.a.b }} ${{ item.n }} ${{ item.a }}',
      ["x '1' '2' '' '{\"b\":[1,2]}'", "x 'x y' 'true' '{\"b\":[\"x y\"]}'"],
    ],
    ['a JSON list', '{ json: d }', '["a", 5]', 'x ${{ item.value }}', ["x 'a'", "x '5'"]],
    [
      'a list inside JSON',
      '{ json: d, select: data.items }',
      '{"data":{"items":[{"k":1}]}}',
      'x ${{ item.k }}',
      ["x '1'"],
    ],
  ])('%s', async (_, forEach, data, run, commands) => {
    expect(await each(forEach, run.replaceAll('"', '\\"'), { files: { d: data } })).toEqual(commands);
  });

  it('the output of a command', async () => {
    expect(
      await each('{ command: git ls-files }', 'x ${{ item.path }}', { commands: { 'git ls-files': 'a\nb\n' } }),
    ).toEqual(["x 'a'", "x 'b'"]);
  });

  it('in order of bytes, whatever order they come in', async () => {
    const paths = ['b', 'a', 'C', 'ä'];
    expect(await each('{ files: "*" }', '${{ item.path }}', { paths })).toEqual(["'C'", "'a'", "'b'", "'ä'"]);
  });

  it.each([
    [
      'no match',
      '{ glob: "nothing/*" }',
      {},
      'f.yml:4:31: subtasks[0].forEach.glob: found no items; allowed at least one',
    ],
    [
      'a missing file',
      '{ lines: d }',
      {},
      'subtasks[0].forEach.lines: found nothing to read: There is no d. Look elsewhere.',
    ],
    ['a row that is too long', '{ csv: d }', { files: { d: 'a,b\n1,2\n1,2,3\n' } }, 'Invalid Record Length'],
    ['a column twice', '{ csv: d }', { files: { d: 'a,a\n1,2\n' } }, 'found the column "a" twice'],
    ['a line that is no JSON', '{ jsonl: d }', { files: { d: '{}\n{' } }, 'found line 2 that is no JSON'],
    ['no list', '{ json: d }', { files: { d: '{"a":1}' } }, 'found a JSON value that is no list'],
    [
      'a wrong selection',
      '{ json: d, select: a.c }',
      { files: { d: '{"a":{"b":[]}}' } },
      'found no "c" on the way of select; allowed b',
    ],
    ['text that is no JSON', '{ json: d }', { files: { d: 'x' } }, 'found text that is no JSON'],
  ])('with %s are a problem', async (_, forEach, world, message) => {
    expect(await expansionProblem(`subtasks:\n  - { id: a, forEach: ${forEach}, run: x }\n`, world)).toContain(message);
  });

  it('may be none where that is allowed', async () => {
    const plan = await expandText(
      'subtasks:\n  - { id: "a-${{ item.name }}", forEach: { glob: "x/*", allowEmpty: true }, run: x }\n  - { id: b, needs: [a-*], run: x }\n',
    );
    expect(plan.subtasks.map(({ id, needs }) => [id, needs])).toEqual([['b', []]]);
  });
});
