import { oneLine, stripControl } from '../../tasks/index.ts';

/** Text as prose in Markdown: nothing but code spans, no HTML, image, link or reference can come out of it. One line. */
export function markdownText(text: string): string {
  const parts = oneLine(text, 10_000).split(/(?<!`)(`+)([^`]+)\1(?!`)/);
  const prose = parts.map((part, index) => {
    if (index % 3 === 0) return escapeMarkup(part);
    return index % 3 === 1 ? '' : codeSpan(part);
  });
  return prose.join('').replace(blockStart, (start) => start.replace(/(\S)$/, '\\$1'));
}

/** The same in a cell of a table, which a bar ends even inside code. */
export function cellText(text: string): string {
  return markdownText(text).replace(/(?<!\\)\|/g, '\\|');
}

/** What makes a line more than prose at its beginning: a list, a quotation, a rule under what is above. */
const blockStart = /^(?:[-+=>]|\d+[.)])(?![\p{L}\p{N}])/u;

/** `_` only at the edge of a word; `:` and `.` where they would make an address; `@` and `#` where hosts refer by them. */
const markup =
  /[\\`*~[|]|\](?=[([:])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<|&(?=#?\w+;)|@(?=\w)|#(?=[\w#\s]|$)|:(?=\/\/)|(?<=\bwww)\.|\$(?!\d)/giu;

function escapeMarkup(text: string): string {
  return text.replace(markup, (character) =>
    character === '<' ? '&lt;' : character === '&' ? '&amp;' : `\\${character}`,
  );
}

/** Text as a code span on one line. */
export function codeSpan(text: string): string {
  const line = oneLine(text, 10_000);
  const fence = '`'.repeat(longestRun(line) + 1);
  const padding = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  return line === '' ? '' : `${fence}${padding}${line}${padding}${fence}`;
}

/** Text as a fenced block. */
export function codeBlock(text: string): string[] {
  const content = stripControl(text).trimEnd();
  const fence = '`'.repeat(Math.max(3, longestRun(content) + 1));
  return [`${fence}text`, ...content.split('\n'), fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
