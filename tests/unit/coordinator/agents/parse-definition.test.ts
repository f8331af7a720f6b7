import { describe, expect, test } from 'vitest';
import { parseDefinition } from '../../../../coordinator/agents/parse-definition.ts';
import { readTools } from '../../../../coordinator/agents/read-tools.ts';

function parse(text: string, isOwn = false) {
  return parseDefinition({ path: '.claude/agents/some-file.md', text, isOwn });
}

function withFields(fields: string, body = 'Be good.'): string {
  return `---\nname: worker\ndescription: Does work\n${fields}\n---\n${body}\n`;
}

test('all that a definition can say', async () => {
  const text = `---
name: code-reviewer
description: Reviews code
tools: Read, Grep, Bash
disallowedTools: Bash
model: opus
maxTurns: 12
permissions: { mode: plan, deny: ["Read(secrets/**)"], ask: [Bash] }
---

You review.

- thoroughly
`;
  expect(await parse(text)).toEqual({
    name: 'code-reviewer',
    warnings: [],
    definition: {
      name: 'code-reviewer',
      description: 'Reviews code',
      prompt: 'You review.\n\n- thoroughly',
      tools: ['Read', 'Grep'],
      model: 'claude-opus-5-5',
      maxTurns: 12,
      permissions: { mode: 'plan', allow: [], ask: ['Bash'], deny: ['Read(secrets/**)'] },
    },
  });
});

describe('tools', () => {
  test.each([
    ['tools: [Read, Write]', ['Read', 'Write']],
    ['tools:\n  - Grep\n  - Read', ['Read', 'Grep']],
    ['tools: "*"', undefined],
    ['', undefined],
    ['tools: MultiEdit, Task', ['Edit', 'Agent']],
    ['disallowedTools: Bash, Agent, SendMessage', ['Read', 'Write', 'Edit', 'Glob', 'Grep']],
  ])('%s', async (fields, tools) => {
    const { definition, warnings } = await parse(withFields(fields));
    expect(definition?.tools).toEqual(tools);
    expect(warnings).toEqual([]);
  });

  test('those that there are not are left out, and said', async () => {
    const { definition, warnings } = await parse(withFields('tools: Read, WebFetch, mcp__db__query, Bash(git log *)'));
    expect(definition?.tools).toEqual(['Read']);
    expect(warnings).toEqual([
      'names the tool WebFetch, which there is not',
      'names the tool mcp__db__query, which there is not',
      'names Bash(git log *) as a tool, which is a rule: it is left out',
    ]);
  });

  test('none that there is can not be worked with', async () => {
    expect((await parse(withFields('tools: WebFetch'))).problem).toContain('none of its tools is one that there is');
  });

  test.each([
    ['one that is not closed', 'tools: Read, Bash(git'],
    ['one that is not closed, of what it must not have', 'disallowedTools: Bash(rm'],
    ['very many', `tools: ${'a('.repeat(60_000)}`],
    ['very many in a list', `tools: [${'"a(b)", '.repeat(30_000)}"Read"]`],
    ['no text', 'tools: [1]'],
  ])('parentheses and lists that can not be read: %s', async (_, fields) => {
    const { definition, problem } = await parse(withFields(fields));
    expect(definition).toBeUndefined();
    expect(problem).toBe(
      'its tools are neither a text with commas nor a list of names, of at most 5000 characters with every parenthesis closed',
    );
  });

  test('no list of tools takes long to read', () => {
    // Looking for the end of each parenthesis up to the end of the list takes some 20 s.
    const startedAt = performance.now();
    for (let time = 0; time < 2_000; time += 1) readTools('a('.repeat(2_499), undefined);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('kinds of helpers that it may have', async () => {
    const { definition } = await parse(withFields('tools: Read, Agent(scout, judge)'));
    expect(definition).toMatchObject({ tools: ['Read', 'Agent'], helperTypes: ['scout', 'judge'] });
  });
});

describe('models', () => {
  test.each([
    ['inherit', undefined],
    ['haiku', 'claude-haiku-5-5'],
    ['Sonnet', 'claude-sonnet-5-5'],
    ['claude-opus-4-5-20251101', 'claude-opus-4-5-20251101'],
    ['qwen3:8b', 'qwen3:8b'],
  ])('%s', async (model, name) => {
    expect((await parse(withFields(`model: ${model}`))).definition?.model).toBe(name);
  });

  test('a short name that nobody knows is refused, and so is a recording', async () => {
    expect((await parse(withFields('model: gigantic'))).problem).toBe(
      'its model "gigantic" is none that is known: write inherit, fable, opus, sonnet, haiku or the whole name of a model',
    );
    expect((await parse(withFields('model: "replay:x.jsonl"'))).problem).toContain('is a recording');
  });
});

describe('permissions', () => {
  test.each([
    ['permissionMode: default', 'acceptEdits'],
    ['permissionMode: dontAsk', 'acceptEdits'],
    ['permissionMode: bypassPermissions', 'bypassPermissions'],
    ['permissions: plan', 'plan'],
  ])('%s', async (fields, mode) => {
    expect((await parse(withFields(fields))).definition?.permissions.mode).toBe(mode);
  });

  test('rules that allow are only for the user to write', async () => {
    const text = withFields('permissions: { allow: [Bash] }');
    const shipped = await parse(text);
    expect(shipped.definition?.permissions.allow).toEqual([]);
    expect(shipped.warnings).toEqual([
      'has rules that allow, which count only in definitions of your own: they are left out',
    ]);
    expect((await parse(text, true)).definition?.permissions.allow).toEqual(['Bash']);
  });

  test.each([
    ['permissionMode: sudo', 'its permission mode is none of plan, acceptEdits, bypassPermissions'],
    ['permissions: { deny: [Raed] }', 'its permissions.deny is no list of rules'],
    ['permissions: { forbid: [Bash] }', 'its permissions have no use for "forbid"'],
    ['permissions: [Bash]', 'its permissions are no object'],
  ])('what would protect nothing is refused: %s', async (fields, problem) => {
    const parsed = await parse(withFields(fields));
    expect(parsed.definition).toBeUndefined();
    expect(parsed.problem).toContain(problem);
  });
});

describe('frontmatter', () => {
  test.each([
    ['# Just a text\n', 'it does not begin with frontmatter between two lines of ---'],
    ['---\nname: x\n', 'it does not begin with frontmatter'],
    ['---\n- a\n- b\n---\n', 'its frontmatter is no list of keys with values'],
    ['---\nname: [\n---\n', 'its frontmatter is no valid YAML'],
    ['---\ndescription: x\n---\n', 'its frontmatter has no name'],
    ['---\nname: x\n---\n', 'its frontmatter has no description'],
    ['---\nname: "../up"\ndescription: x\n---\n', 'its name is not 1 to 64 letters'],
    ['---\nname: x\ndescription: y\nmaxTurns: many\n---\n', 'its maxTurns is no whole number'],
    ['---\nname: x\ndescription: &a [*a, *a]\n---\n', 'its frontmatter'],
  ])('%j', async (text, problem) => {
    const parsed = await parse(text);
    expect(parsed.definition).toBeUndefined();
    expect(parsed.problem).toContain(problem);
  });

  test('a file that can not be used is known by its name', async () => {
    expect((await parse('nothing')).name).toBe('some-file');
    expect((await parse('---\nname: x\n---\n')).name).toBe('x');
  });

  test('keys of other programs are kept out with a warning', async () => {
    const { definition, warnings } = await parse(withFields('color: red\nhooks: { Stop: [] }'));
    expect(definition?.name).toBe('worker');
    expect(warnings).toEqual(['has no use for color, hooks']);
  });

  test('a description with colons, as it is often written, is read all the same', async () => {
    const text =
      '---\nname: x\ndescription: Use it when: a test fails. Example: <b>yes</b>\ntools: Read\n---\r\nGo.\r\n';
    const { definition, warnings } = await parse(text);
    expect(definition).toMatchObject({
      description: 'Use it when: a test fails. Example: <b>yes</b>',
      tools: ['Read'],
      prompt: 'Go.',
    });
    expect(warnings).toEqual(['has a frontmatter that is no valid YAML; it was read line by line']);
  });

  test('control sequences are in nothing of it', async () => {
    const { definition } = await parse('---\nname: x\ndescription: "\\e[31mred"\n---\n\u001b[31mBe red.\u0007\n');
    expect(JSON.stringify(definition)).not.toMatch(/\\u001b|\\u0007/);
    expect(definition?.prompt).toBe('Be red.');
  });
});
