import { oneLine, stripControl } from '../../tasks/index.ts';

/** Text as plain prose in Markdown: no markup, HTML, link or reference can come out of it. One line. */
export function markdownText(text: string): string {
  return oneLine(text, 10_000).replace(/[!-/:-@[-`{-~]/g, (character) =>
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
