import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { compilePattern, escapeGlob, literalPrefix } from '../../../../tasks/expansion/glob-pattern.ts';
import { seededRandom } from '../../../support/random.ts';

describe('compilePattern', () => {
  it.each([
    ['src/*.js', 'src/a.js', true],
    ['src/*.js', 'src/b/a.js', false],
    ['src/**/*.js', 'src/a.js', true],
    ['src/**/*.js', 'src/b/c/a.js', true],
    ['src/**', 'src/.hidden/a', true],
    ['src/**', 'src', false],
    ['**', 'a/b', true],
    ['**/a', 'a', true],
    ['*', '.dot', true],
    ['./src//./a', 'src/a', true],
    ['.', 'any/thing', true],
    ['{a,b/{c,d}}/*.ts', 'b/d/x.ts', true],
    ['{a}', '{a}', true],
    ['a{b', 'a{b', true],
    ['[a-c]?', 'bx', true],
    ['[!a-c]?', 'bx', false],
    ['[]]', ']', true],
    ['?', '🙂', true],
    ['app/[id]/page.tsx', 'app/[id]/page.tsx', true],
    ['app/[id]/page.tsx', 'app/i/page.tsx', true],
    ['app/(group)/*', 'app/(group)/x', true],
    ['a+b/@x/!y', 'a+b/@x/!y', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
  ])('%s matches %s: %s', (pattern, path, expected) => {
    expect(compilePattern(pattern)(path)).toBe(expected);
  });

  it('agrees with picomatch on ordinary globs', () => {
    const random = seededRandom(3);
    const patternPieces = ['a', 'b', '*', '?', '/', '/', '**/', '/**', '[ab]', '[^a]', '{a,b}', '{a,b/c}', '.'];
    const pathPieces = ['a', 'b', 'c', '/', '.', 'ab'];
    const make = (pieces: readonly string[]) =>
      Array.from({ length: 1 + random.below(7) }, () => random.pick(pieces))
        .join('')
        .replace(/\/{2,}/g, '/')
        .replace(/^\/|\/$/g, '');
    const ordinary = (text: string) =>
      text !== '' && !/(^|\/)\.{1,2}(\/|$)|\*{3}|[^/]\*\*|\*\*[^/]|\*\*\/\*\*/.test(text);
    let compared = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const pattern = make(patternPieces);
      const path = make(pathPieces);
      // A trailing ** matches its own folder in picomatch; here it stands for what is inside.
      if (!ordinary(pattern) || !ordinary(path) || pattern.endsWith('**')) continue;
      compared += 1;
      const expected = picomatch(pattern, { dot: true, windows: false })(path);
      expect({ pattern, path, matches: compilePattern(pattern)(path) }).toEqual({ pattern, path, matches: expected });
    }
    expect(compared).toBeGreaterThan(3000);
  });

  it('finds an escaped text, whatever it is, and nothing else', () => {
    for (let code = 1; code < 128; code += 1) {
      const character = String.fromCharCode(code);
      if (character === '/' || character === '.') continue;
      for (const name of [
        character,
        `a${character}`,
        `${character}b`,
        `d/${character}${character}x`,
        `[${character}]`,
      ]) {
        const pattern = escapeGlob(name);
        expect({ name, found: compilePattern(pattern)(name) }).toEqual({ name, found: true });
        expect({ name, found: compilePattern(`${pattern}/**/*.js`)(`${name}/q/m.js`) }).toEqual({ name, found: true });
        expect(compilePattern(pattern)(`${name}z`)).toBe(false);
        expect(compilePattern(pattern)('q')).toBe(name === 'q');
      }
    }
  });

  it('takes no exponential time', () => {
    const started = performance.now();
    const path = `${'a'.repeat(2000)}/${'a/'.repeat(500)}c`;
    expect(compilePattern(`${'*a'.repeat(50)}*b`)('a'.repeat(2000))).toBe(false);
    expect(compilePattern(`${'**/a/'.repeat(50)}b`)(path)).toBe(false);
    expect(compilePattern('*\\\\')('\\')).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('knows the folders a pattern begins with', () => {
    expect(['a/b/*.js', '*.js', 'a/b', 'a\\[b/*/c'].map(literalPrefix)).toEqual(['a/b/', '', 'a/', 'a[b/']);
  });
});
