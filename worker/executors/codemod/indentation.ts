/**
 * Indentation of text that moves, as ast-grep does it: only spaces count, the first line never changes, and a line
 * is searched for its start over at most 512 bytes of UTF-8.
 */

const newLine = 0x0a;
const space = 0x20;
const searchedBytes = 512;

/** Spaces at the start of the line that holds `offset`; 0 when the start of the line is too far away. */
export function indentationAt(text: string, offset: number): number {
  let indentation = 0;
  let bytes = 0;
  for (let index = offset - 1; index >= 0; index--) {
    const code = text.charCodeAt(index);
    bytes += utf8Length(code);
    if (bytes > searchedBytes) {
      return 0;
    }
    if (code === newLine) {
      return indentation;
    }
    indentation = code === space ? indentation + 1 : 0;
  }
  return indentation;
}

/** Moves lines that were indented by `from` spaces to `to` spaces. */
export function reindent(text: string, from: number, to: number): string {
  if (from === to || !text.includes('\n')) {
    return text;
  }
  if (from < to) {
    return text.replaceAll('\n', `\n${' '.repeat(to - from)}`);
  }
  const surplus = ' '.repeat(from - to);
  return text
    .split('\n')
    .map((line) => (line.startsWith(surplus) ? line.slice(surplus.length) : line))
    .join('\n');
}

/** Bytes of one UTF-16 code unit in UTF-8; a surrogate is half of four bytes. */
function utf8Length(code: number): number {
  if (code < 0x80) {
    return 1;
  }
  if (code < 0x800 || (code >= 0xd800 && code <= 0xdfff)) {
    return 2;
  }
  return 3;
}
