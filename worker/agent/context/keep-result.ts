/**
 * Cuts a long result of a tool to its start and its end, and keeps the whole on disk. Called by tool-runner.ts.
 *
 * The bound is 30,000 characters, some 8,000 to 12,000 tokens. What a tool gives is paid for in each turn that follows:
 * over a hundred turns a token costs about eleven times its price as input. 30,000 characters hold nearly every file of
 * source, test report and diff that a model reads whole; of what is longer it wants a part, which the start and the end
 * help it to name. Read bounds its pages itself.
 */
import type { ResultFiles } from './result-files.ts';
import { handleOf } from './result-files.ts';

const longestResult = 30_000;
const shownAtEachEnd = 8_000;
/** As much of a line as Read shows. */
const longestLine = 2_000;

export async function keepResult(id: string, content: string, files: ResultFiles | undefined): Promise<string> {
  if (content.length <= longestResult) return content;
  const whole = breakLines(content);
  const isKept = (await files?.keep(id, whole)) === true;
  return shorten(whole, isKept ? handleOf(id) : undefined);
}

/** What is kept can be read by lines: longer ones are broken. */
function breakLines(text: string): string {
  return text.replace(new RegExp(`[^\\n]{${longestLine}}(?=[^\\n])`, 'gu'), '$&\n');
}

function shorten(text: string, handle: string | undefined): string {
  const start = text.slice(0, text.lastIndexOf('\n', shownAtEachEnd) + 1);
  const end = text.slice(text.indexOf('\n', text.length - shownAtEachEnd - 1) + 1);
  const first = linesIn(start) + 1;
  const total = linesIn(text) + (text.endsWith('\n') ? 0 : 1);
  const last = total - linesIn(end) - (end === '' || end.endsWith('\n') ? 0 : 1);
  const characters = text.length - start.length - end.length;
  const more =
    handle === undefined
      ? 'It is too long to be kept: ask for less at once.'
      : `The whole is kept: read on with Read, file_path "${handle}", offset ${first}, or search it with Grep, path "${handle}".`;
  return `${start}\n… lines ${first} to ${last} of ${total} left out (${characters} characters). ${more} …\n\n${end}`;
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
