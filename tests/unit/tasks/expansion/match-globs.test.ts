import { describe, expect, it } from 'vitest';
import { matchGlobs } from '../../../../tasks/index.ts';

const paths = [
  'src/b/x.js',
  'src/a/y.js',
  'src/a/deep/z.js',
  'src/main.js',
  'README.md',
  '.github/ci.yml',
  '.fanfold/runs/a',
  'x/.git/config',
];
const names = (patterns: string[], kind: 'files' | 'files-and-directories' = 'files-and-directories') =>
  matchGlobs(paths, patterns, kind).map(({ path, directory }) => (directory ? `${path}/` : path));

describe('matchGlobs', () => {
  it('yields files and directories at the level of the pattern', () => {
    expect(names(['src/*'])).toEqual(['src/a/', 'src/b/', 'src/main.js']);
  });

  it('yields only directories for a trailing slash, only files when asked', () => {
    expect(names(['src/*/'])).toEqual(['src/a/', 'src/b/']);
    expect(names(['src/*'], 'files')).toEqual(['src/main.js']);
    expect(names(['*/'])).toEqual(['.github/', 'src/', 'x/']);
  });

  it('yields files for **, directories where ** leads to a name', () => {
    expect(names(['src/**'])).toEqual(['src/a/deep/z.js', 'src/a/y.js', 'src/b/x.js', 'src/main.js']);
    expect(names(['**/*.js'])).toEqual(['src/a/deep/z.js', 'src/a/y.js', 'src/b/x.js', 'src/main.js']);
    expect(names(['**/deep'])).toEqual(['src/a/deep/']);
  });

  it('excludes with !, directories with all they hold', () => {
    expect(names(['src/**', '!src/a'])).toEqual(['src/b/x.js', 'src/main.js']);
    expect(names(['src/*', '!**/b'])).toEqual(['src/a/', 'src/main.js']);
  });

  it('finds dot files, never .git or .fanfold', () => {
    expect(names(['*', '**'])).toEqual([
      '.github/',
      '.github/ci.yml',
      'README.md',
      'src/',
      'src/a/deep/z.js',
      'src/a/y.js',
      'src/b/x.js',
      'src/main.js',
      'x/',
    ]);
  });

  it('sorts by bytes and names each path once', () => {
    const odd = ['é', 'z', 'Z', '\u{1f642}', '\uffee', 'a b', "it's", '[id].ts'];
    const sorted = matchGlobs([...odd, ...odd], ['*', '[[]id].ts'], 'files').map(({ path }) => path);
    expect(sorted).toEqual(odd.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
  });
});
