import { expect, test } from 'vitest';
import { compileWriteSet, createPathIndex, matchGlobs } from '../../../../tasks/index.ts';

const paths = ['a.js', 'src/a.js', 'src/a.jsx', 'src/b/c.js', 'srcs/d.js', 'app/[id]/page.tsx', 'über/e.js', 'src'];

test.each([
  [['src/**']],
  [['src']],
  [['src/']],
  [['src/a.js', 'srcs/*.js']],
  [['**/*.js', '!src/**']],
  [['app/[id]/page.tsx']],
  [['{src,srcs}/*.js']],
  [['./src//b/*']],
  [['über/*']],
  [['nothing/**']],
  [['!src/**']],
])('among the candidates of %j is everything that matches', (patterns) => {
  const found = createPathIndex(paths).candidates(patterns);
  expect(matchGlobs(found, patterns, 'files')).toEqual(matchGlobs(paths, patterns, 'files'));
  const { allows } = compileWriteSet(patterns);
  expect(found.filter(allows)).toEqual(paths.filter(allows).sort());
});

test('a pattern that begins with a folder is not tried on other folders, and each path is there once', () => {
  const index = createPathIndex(paths);
  expect(index.candidates(['src/b/*.js', 'src/b/**'])).toEqual(['src/b/c.js']);
  expect(index.candidates(['nothing/*'])).toEqual([]);
});
