/**
 * Makes text of models, repositories and commands safe to print: nothing in the result can move a cursor, set a title,
 * open a link, reorder or hide characters. Called wherever such text enters an event, a log line or a report.
 * Newlines and tabs stay; every other control character goes. Linear in the length of the text.
 */

// A string sequence without its end loses its introducer only: swallowing all that follows would hide output.
const sequences = [
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u0018\u001a\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)/,
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/,
  /\u001b[ -/]+[0-~]/,
  /\u001b[\]PX^_[]/,
  /\u001b[0-~]/,
];
const sequence = new RegExp(sequences.map(({ source }) => source).join('|'), 'g');
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
// Marks, embeddings, overrides and isolates that reorder text; invisible characters and tags that hide it.
const invisible = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const loneSurrogate = /\p{Surrogate}/gu;

/** The text without control sequences; carriage returns and Unicode line ends become newlines. */
export function stripControl(text: string): string {
  return text
    .replace(sequence, '')
    .replace(/\r+\n?|[\u2028\u2029]/g, '\n')
    .replace(control, '')
    .replace(invisible, '')
    .replace(loneSurrogate, '\ufffd');
}

/**
 * The text on one line: control sequences removed, white space folded, cut at a whole character with `…` so that its
 * `length` (UTF-16 units) is at most `maxCharacters`.
 */
export function oneLine(text: string, maxCharacters: number): string {
  // Bounded first, so that one line of a huge output costs little.
  const start = text.slice(0, 65_536 + 4 * maxCharacters);
  const line = stripControl(start).replace(/\s+/g, ' ').trim();
  if (line.length <= maxCharacters && start.length === text.length) return line;
  return `${wholeCharacters(line, maxCharacters - 1)}…`;
}

/** The longest start of the text of at most `length` UTF-16 units that ends between two grapheme clusters. */
function wholeCharacters(text: string, length: number): string {
  if (text.length <= length) return text;
  // Enough room to see where the cluster at the cut begins; clusters are longer in abuse only.
  const { index } = new Intl.Segmenter().segment(text.slice(0, length + 64)).containing(length) ?? { index: length };
  return text.slice(0, index).trimEnd();
}
