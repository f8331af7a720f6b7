// @ts-check
import { namedFiles } from './named-files.js';

const reads = 6;

/**
 * Seven turns: six Read calls over the files named in lines `file: <path>` (round again when there are fewer), then
 * the answer.
 * @type {import('../types.d.ts').Script}
 */
export function readFiles(_request, { turn, firstUserText, toolResults }) {
  const failed = toolResults.find(({ isError }) => isError);
  if (failed !== undefined) return { content: [{ type: 'text', text: `Could not read: ${failed.text}` }] };
  const files = namedFiles(firstUserText);
  if (turn >= reads) return { content: [{ type: 'text', text: `Read ${reads} files, the last was ${files.at(-1)}.` }] };
  const file_path = String(files[turn % files.length]);
  return {
    content: [
      { type: 'text', text: `Reading file ${turn + 1} of ${reads}.` },
      { type: 'tool_use', name: 'Read', input: { file_path } },
    ],
  };
}
