import { describe, expect, it } from 'vitest';
import { findImports } from '../../../ipc/instructions/find-imports.ts';
import { gatherInstructions } from '../../../ipc/instructions/gather-instructions.ts';

describe('findImports', () => {
  const found = (text: string, folder = '.') => findImports(text, folder).map(([path]) => path);

  it('finds paths at the start of a line and after white space, relative to the folder of the text', () => {
    expect(found('See @README.md and\n@docs/a.md\n- @./b.md', 'packages/api')).toEqual([
      'packages/api/README.md',
      'packages/api/docs/a.md',
      'packages/api/b.md',
    ]);
    expect(found('@../shared/c.md', 'packages/api')).toEqual(['packages/shared/c.md']);
    expect(found('@with\\ space.md')).toEqual(['with space.md']);
  });

  it('offers a path without the punctuation after it', () => {
    expect(findImports('Read @README.md, then go.', '.')).toEqual([['README.md,', 'README.md']]);
  });

  it.each([
    ['addresses', 'mail me@home.org'],
    ['spans of code', 'install `@types/node` and ``a ` @b``'],
    ['fenced blocks', '```\n@a.md\n```\n\n~~~~js\n@b.md\n~~~\n@c.md\n~~~~\n'],
    ['indented blocks', 'Text:\n\n    @a.md\n\n    @b.md\n'],
    ['absolute paths', '@/etc/passwd'],
    ['home folders', '@~/notes.md'],
    ['paths out of the repository', '@../../x.md'],
    ['a lone sign', 'at @ once'],
  ])('does not find %s', (_, text) => {
    expect(findImports(text, 'folder')).toEqual([]);
  });

  it('goes on after a block, and finds paths in nested lists', () => {
    expect(found('```\n@no.md\n```\n@yes.md')).toEqual(['yes.md']);
    expect(found('- list\n\n    - @nested.md')).toEqual(['nested.md']);
    expect(found('an unclosed ` and @here.md')).toEqual(['here.md']);
  });
});

describe('gatherInstructions', () => {
  const gather = async (files: Record<string, string>, folder = '.', limit = 10_000) => {
    const asked: string[] = [];
    const read = async (paths: readonly string[]) => {
      asked.push(...paths);
      return paths.map((path) => files[path]);
    };
    return { ...(await gatherInstructions(folder, read, limit)), asked };
  };

  it('gives one file as it is, and nothing where there is none', async () => {
    expect((await gather({ 'AGENTS.md': 'Use tabs.\n' })).text).toBe('Use tabs.');
    expect((await gather({ 'AGENTS.md': ' \n', 'CLAUDE.md': 'Use spaces.' })).text).toBe('Use spaces.');
    expect((await gather({ 'README.md': 'x' })).text).toBeUndefined();
  });

  it('gives both where they differ', async () => {
    const { text, paths } = await gather({ 'AGENTS.md': 'Use tabs.', 'CLAUDE.md': 'Run the tests.' });
    expect(text).toBe('From AGENTS.md:\n\nUse tabs.\n\nFrom CLAUDE.md:\n\nRun the tests.');
    expect(paths).toEqual(['AGENTS.md', 'CLAUDE.md']);
  });

  it.each([
    ['copies', { 'AGENTS.md': 'Use tabs.', 'CLAUDE.md': 'Use tabs.\n' }, 'Use tabs.'],
    [
      'one imports the other',
      { 'AGENTS.md': 'Use tabs.', 'CLAUDE.md': '@AGENTS.md' },
      'From CLAUDE.md:\n\n@AGENTS.md\n\nFrom AGENTS.md, imported by CLAUDE.md:\n\nUse tabs.',
    ],
    [
      'each imports the other',
      { 'AGENTS.md': 'A @CLAUDE.md', 'CLAUDE.md': 'B @AGENTS.md' },
      'From AGENTS.md:\n\nA @CLAUDE.md\n\nFrom CLAUDE.md, imported by AGENTS.md:\n\nB @AGENTS.md',
    ],
  ])('gives what they say once: %s', async (_, files, text) => {
    expect((await gather(files)).text).toBe(text);
  });

  it('follows imports five deep, each file once, in a circle too', async () => {
    const files: Record<string, string> = { 'pkg/AGENTS.md': 'Start @docs/1.md @docs/1.md @missing.md' };
    for (let depth = 1; depth <= 7; depth += 1)
      files[`pkg/docs/${depth}.md`] = `Depth ${depth} @${depth + 1}.md @../AGENTS.md`;
    const { paths, text } = await gather(files, 'pkg');
    expect(paths).toEqual(['pkg/AGENTS.md', ...[1, 2, 3, 4, 5].map((depth) => `pkg/docs/${depth}.md`)]);
    expect(text).toContain('From pkg/docs/2.md, imported by pkg/docs/1.md:\n\nDepth 2');
  });

  it('cuts the whole at its limit, between characters, and says so', async () => {
    const { text = '' } = await gather({ 'AGENTS.md': 'ü'.repeat(5_000), 'CLAUDE.md': 'x' }, '.', 1_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000);
    expect(text).toMatch(/ü\n\n\(Cut here: the instructions are longer than 1000 bytes\.\)$/);
  });
});
