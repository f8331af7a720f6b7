/**
 * How many terminal columns a text takes. Called by everything that aligns or cuts lines.
 * Promises never to count too little for one code point, so a line that fits by this measure does not wrap; emoji
 * sequences that a terminal joins into one glyph are counted part by part, because not every terminal joins them.
 */

/** East Asian wide and full-width ranges of Unicode 16 (EastAsianWidth.txt), adjacent ones joined. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u4dbf\u4dc0-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const zeroWidth = /[\p{Mark}\p{Control}\p{Format}\p{Default_Ignorable_Code_Point}\u1160-\u11ff]/u;
const emojiPresentation = '\ufe0f';

/** Columns of one line of text without control sequences. */
export function displayWidth(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text in at most `columns` columns, cut between two whole characters, with `…` when something was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (text.length <= columns && isAscii(text)) return text;
  if (columns < 1) return '';
  let width = 0;
  let kept = '';
  // A line of text that is longer than this never fits a terminal; zero-width characters are bounded with it.
  const start = text.slice(0, 8 * columns + 64);
  for (const { segment } of new Intl.Segmenter().segment(start)) {
    const segmentWidth = displayWidth(segment);
    if (width + segmentWidth > columns - 1) {
      const rest = text.slice(kept.length);
      return start.length === text.length && width + displayWidth(rest) <= columns ? text : `${kept}…`;
    }
    width += segmentWidth;
    kept += segment;
  }
  return start.length === text.length ? kept : `${kept}…`;
}

/** The text cut or filled with spaces to exactly `columns` columns. */
export function fitToWidth(text: string, columns: number): string {
  const cut = cutToWidth(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)));
}

function characterWidth(character: string): number {
  // It turns the one-column sign before it into a two-column emoji.
  if (character === emojiPresentation) return 1;
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
