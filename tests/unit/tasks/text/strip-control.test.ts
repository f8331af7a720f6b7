import { describe, expect, it } from 'vitest';
import { oneLine, stripControl } from '../../../../tasks/text/strip-control.ts';

const esc = '\u001b';

describe('stripControl', () => {
  it.each([
    ['colours', `${esc}[1;31mred${esc}[0m`, 'red'],
    ['cursor movement and screen clearing', `${esc}[2J${esc}[1;1Hgone${esc}[?25l`, 'gone'],
    ['a window title', `${esc}]0;evil\u0007text`, 'text'],
    ['a hyperlink', `${esc}]8;;http://example.com${esc}\\link${esc}]8;;${esc}\\`, 'link'],
    ['a clipboard write', `${esc}]52;c;ZXZpbA==${esc}\\after`, 'after'],
    ['a device control string', `${esc}Pq#0;2;0${esc}\\after`, 'after'],
    ['8-bit CSI and OSC', 'a\u009b31mb\u009d0;title\u009cc', 'abc'],
    ['a reset and a character set', `${esc}cx${esc}(0y`, 'xy'],
    ['bell, backspace, null and delete', 'a\u0007b\u0008c\u0000d\u007f', 'abcd'],
    ['bidi overrides and isolates', 'a\u202eb\u2066c\u2069d\u200f', 'abcd'],
    ['zero-width spaces, byte order marks and tags', '\ufeffa\u200bb\u{e0041}c', 'abc'],
    ['a sequence cut at its end', `text${esc}[31`, 'text31'],
    ['a string without its end', `a${esc}]0;shown`, 'a0;shown'],
    ['an escape at the end', `text${esc}`, 'text'],
    ['a sequence that removal would form', `${esc}${esc}[31m[2Jx`, '[2Jx'],
  ])('removes %s', (_what, text, expected) => {
    expect(stripControl(text)).toBe(expected);
  });

  it('keeps newlines, tabs and every script', () => {
    const text = 'a\n\tb é 漢字 עברית 👩‍👩‍👧 می‌خواهم\n';
    expect(stripControl(text)).toBe(text);
  });

  it('turns carriage returns and Unicode line ends into newlines', () => {
    expect(stripControl('a\r\nb\rc\u2028d\r\r\ne')).toBe('a\nb\nc\nd\ne');
  });

  it('replaces lone surrogates', () => {
    expect(stripControl('a\ud800b😀')).toBe('a\ufffdb😀');
  });

  it('leaves no control character in random input', () => {
    let seed = 7;
    const alphabet = [esc, '[', ']', '\u0007', '\\', 'm', '0', ';', '\u009b', '\u009c', '\u202e', 'P', ' ', '\r'];
    for (let round = 0; round < 2_000; round += 1) {
      let text = '';
      for (let position = 0; position < 24; position += 1) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        text += alphabet[seed % alphabet.length];
      }
      expect(stripControl(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  });

  it.each([`${esc}]`, `${esc}[`, '\u009d', `${esc}P;`, `${esc} `, '\r'])('is linear in repetitions of %j', (part) => {
    const started = performance.now();
    stripControl(part.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('oneLine', () => {
  it('folds white space', () => {
    expect(oneLine(`  a\n\n\tb ${esc}[31mc\r\n`, 80)).toBe('a b c');
  });

  it('cuts at the given length with an ellipsis', () => {
    expect(oneLine('abcdefgh', 8)).toBe('abcdefgh');
    expect(oneLine('abcdefghi', 8)).toBe('abcdefg…');
  });

  it('never cuts inside a character', () => {
    const family = '👩‍👩‍👧';
    expect(oneLine(`ab${family}cd`, 6)).toBe('ab…');
    expect(oneLine(`e\u0301e\u0301e\u0301`, 4)).toBe('e\u0301…');
  });

  it('says that it cut when only the far end is dropped', () => {
    expect(oneLine(`a${' '.repeat(200_000)}b`, 20)).toBe('a…');
  });
});
