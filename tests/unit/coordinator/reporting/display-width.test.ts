import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, fitToWidth } from '../../../../coordinator/reporting/display-width.ts';

const family = '👩‍👩‍👧';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['漢字', 4],
    ['한국어', 6],
    ['ﾊﾛｰ', 3],
    ['ＡＢ', 4],
    ['e\u0301', 1],
    ['é', 1],
    ['😀', 2],
    ['✓', 1],
    ['█░…', 3],
    ['𠮷', 2],
    ['עברית', 5],
  ])('of %j is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('never counts a joined emoji as less than its parts', () => {
    expect(displayWidth(family)).toBe(6);
    expect(displayWidth('❤️')).toBe(2);
  });
});

describe('cutToWidth', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['abcdef', 1, '…'],
    ['abcdef', 0, ''],
    ['漢字漢字', 8, '漢字漢字'],
    ['漢字漢字', 7, '漢字漢…'],
    ['漢字漢字', 6, '漢字…'],
    [`ab${family}`, 8, `ab${family}`],
    [`ab${family}`, 7, 'ab…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
  ])('cuts %j to %i columns', (text, columns, expected) => {
    expect(cutToWidth(text, columns)).toBe(expected);
  });

  it('bounds characters that take no room', () => {
    const cut = cutToWidth(`a${'\u0301'.repeat(10_000)}bcd`, 10);
    expect(cut.length).toBeLessThan(200);
  });

  it('never exceeds the columns on random text', () => {
    const alphabet = ['a', '漢', '😀', family, 'e\u0301', ' ', '\ufe0f', '❤️', '🇩🇪'];
    let seed = 3;
    for (let round = 0; round < 2_000; round += 1) {
      let text = '';
      for (let position = 0; position < 12; position += 1) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        text += alphabet[seed % alphabet.length];
      }
      const columns = round % 20;
      expect(displayWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
      expect(displayWidth(fitToWidth(text, columns))).toBe(columns);
    }
  });
});
