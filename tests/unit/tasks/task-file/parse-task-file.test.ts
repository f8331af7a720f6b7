import { describe, expect, it } from 'vitest';
import { FanfoldError, type ParseOptions, parseTaskFile } from '../../../../tasks/index.ts';

async function messageFor(text: string, options: ParseOptions = {}): Promise<string> {
  const error = await parseTaskFile(text, { path: 'task.yml', ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FanfoldError);
  return error instanceof FanfoldError ? error.message : '';
}

const head = 'version: 1\nname: a\n';

describe('parseTaskFile', () => {
  it('reads YAML, with anchors, merge keys and a byte order mark', async () => {
    const text = `\uFEFF${head}subtasks:\n  - &base { id: a, run: "true", retries: 1 }\n  - { <<: *base, id: b }\n`;
    const { taskFile } = await parseTaskFile(text);
    expect(taskFile.subtasks).toEqual([
      { id: 'a', run: 'true', retries: 1 },
      { id: 'b', run: 'true', retries: 1 },
    ]);
  });

  it('reads JSON that is indented with tabs', async () => {
    const text = JSON.stringify({ version: 1, name: 'a', subtasks: [{ id: 'a', run: 'true' }] }, undefined, '\t');
    expect((await parseTaskFile(text, { format: 'json' })).taskFile.name).toBe('a');
  });

  it('names file, line, column, field, what was found and what is allowed', async () => {
    const text = `${head}concurency: 3\nsubtasks:\n  - id: a\n    run: x\n    timeout: soon\n`;
    const message = await messageFor(text);
    expect(message).toContain(
      'task.yml:3:1: concurency: found the unknown key "concurency"; did you mean concurrency?',
    );
    expect(message).toContain('task.yml:7:14: subtasks[0].timeout: found "soon"; allowed a duration');
  });

  it('names positions in JSON', async () => {
    const text = '{\n  "version": 1,\n  "name": "a",\n  "subtasks": [{ "id": "B", "run": "x" }]\n}';
    expect(await messageFor(text, { format: 'json' })).toContain('task.yml:4:24: subtasks[0].id: found "B"');
  });

  it('names the object where a field is missing', async () => {
    expect(await messageFor(`${head}subtasks:\n  - id: a\n`)).toContain(
      'task.yml:4:5: subtasks[0]: found an object with id',
    );
  });

  it('follows aliases to the position of what they stand for', async () => {
    const text = `${head}subtasks:\n  - { id: a, run: x, model: &m { nam: x } }\n  - { id: b, run: x, model: *m }\n`;
    expect(await messageFor(text)).toContain('task.yml:4:34: subtasks[1].model.nam');
  });

  it.each([
    ['an empty file', '', 'task.yml:1:1: found an empty file'],
    ['comments only', '# nothing\n', 'found an empty file'],
    ['a key twice', `${head}name: b\n`, 'task.yml:3:1: found the same key a second time'],
    ['two documents', `${head}---\nname: b\n`, 'task.yml:3:1: found a second document'],
    ['a tag', `${head}goal: !secret x\n`, 'task.yml:3:7: found the tag !secret; allowed plain values without tags'],
    [
      'tabs',
      'subtasks:\n\t- id: a\n',
      "task.yml:2:1: found text that can't be read: Tabs are not allowed as indentation",
    ],
    [
      'an unquoted placeholder in a list',
      `${head}subtasks:\n  - { id: a, writes: [\${{ item.path }}/a] }\n`,
      'inside [ ] and { }, text with ${{ }} needs quotes around it',
    ],
    ['deep nesting', '['.repeat(100_000), 'found too many levels of nesting'],
  ])('refuses %s', async (_, text, message) => {
    expect(await messageFor(text)).toContain(message);
  });

  it('tells of text that it lost the thread in once, at its beginning', async () => {
    const subtasks = '  - { id: a, environment: { P: ${{ item.path }}, Q: x }, run: y }\n  - { id: b, run: z }\n';
    const message = await messageFor(`${head}subtasks:\n${subtasks}`);
    expect(message.match(/found/g)).toHaveLength(1);
    expect(message).toContain("task.yml:4:33: found text that can't be read");
    expect(message).toContain('inside [ ] and { }, text with ${{ }} needs quotes around it');
  });

  it('refuses aliases that expand without end', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${level === 0 ? 'x' : `*l${level - 1}`}${`, *l${Math.max(0, level - 1)}`.repeat(level === 0 ? 0 : 9)}]`,
    );
    const started = performance.now();
    expect(await messageFor(levels.join('\n'))).toContain('found aliases that expand too far');
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ['a comment', '{"version": 1, // no\n}', "task.yml:1:16: found text that can't be read"],
    ['a missing comma', '{\n"a": 1\n"b": 2}', "task.yml:3:1: found text that can't be read"],
    ['a cut end', '{"a": [1', "found text that can't be read"],
    ['a key twice', '{"version": 1,\n "version": 1}', 'task.yml:2:2: found the same key a second time'],
  ])('refuses JSON with %s', async (_, text, message) => {
    expect(await messageFor(text, { format: 'json' })).toContain(message);
  });
});
