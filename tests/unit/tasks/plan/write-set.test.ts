import { describe, expect, it } from 'vitest';
import { compiledWriteSetsOverlap, compileWriteSet } from '../../../../tasks/index.ts';

const files = ['README.md', 'docs/a.md', 'src/a/one.js', 'src/a/two.ts', 'src/b/one.js', 'app/[id]/page.tsx'];

describe('compileWriteSet', () => {
  it.each([
    ['src/a/new.js', ['src/a/**'], true],
    ['src/b/one.js', ['src/a/**'], false],
    ['docs/new.md', ['docs'], true],
    ['docs/new.md', ['docs/'], true],
    ['docsify', ['docs'], false],
    ['src/a/x', ['src/*/'], true],
    ['app/[id]/page.tsx', ['app/[id]/page.tsx'], true],
    ['src/gen/a.js', ['src/**', '!src/gen'], false],
    ['anything/at/all', [], true],
    ['.github/x', ['*/**'], true],
  ])('%s in %j: %s', (path, writes, expected) => {
    expect(compileWriteSet(writes).allows(path)).toBe(expected);
  });
});

describe('compiledWriteSetsOverlap', () => {
  it.each([
    ['neighbouring folders', ['src/a/**'], ['src/b/**'], false],
    ['a folder and one above', ['src/a/**'], ['src/**'], true],
    ['a new file that both name', ['CHANGELOG.md'], ['CHANGELOG.md'], true],
    ['a new file and a folder over it', ['src/c/new.js'], ['src/c/**'], true],
    ['a named folder and a glob in it', ['docs'], ['docs/*.txt'], true],
    ['different extensions', ['src/**/*.js'], ['src/**/*.ts'], false],
    ['globs that share an existing file', ['src/*/one.js'], ['src/a/*'], true],
    ['everything and anything', ['**'], ['x/y'], true],
    ['an excluded part', ['src/**', '!src/a/**'], ['src/a/one.js'], false],
    ['an undeclared set', [], ['src/**'], false],
    ['two undeclared sets', [], [], false],
    ['a name that is a prefix', ['doc'], ['docs/**'], false],
  ])('%s', (_, left, right, expected) => {
    const [one, other] = [compileWriteSet(left, files), compileWriteSet(right, files)];
    expect(compiledWriteSetsOverlap(one, other)).toBe(expected);
    expect(compiledWriteSetsOverlap(other, one)).toBe(expected);
  });
});
