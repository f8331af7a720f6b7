// @ts-check
import { namedFiles } from './named-files.js';

/** @typedef {{ file_path?: string, old_string: string, new_string: string, replace_all?: boolean }} NamedEdit */

/**
 * For each `<edit>{"old_string": …, "new_string": …}</edit>` of the prompt: a Read, then the Edit; then the answer.
 * An edit without `file_path` is for the first `file: <path>` line.
 * @type {import('../types.d.ts').Script}
 */
export function editFiles(_request, { turn, firstUserText, toolResults }) {
  const failed = toolResults.find(({ isError }) => isError);
  if (failed !== undefined) return { content: [{ type: 'text', text: `Could not edit: ${failed.text}` }] };
  const edits = namedEdits(firstUserText);
  const edit = edits[Math.floor(turn / 2)];
  if (edit === undefined) {
    const paths = edits.map(({ file_path }) => file_path).join(', ');
    return { content: [{ type: 'text', text: `Edited ${paths}.` }] };
  }
  const { file_path, old_string, new_string, replace_all } = edit;
  if (turn % 2 === 0) return { content: [{ type: 'tool_use', name: 'Read', input: { file_path } }] };
  const all = replace_all === undefined ? {} : { replace_all };
  return { content: [{ type: 'tool_use', name: 'Edit', input: { file_path, old_string, new_string, ...all } }] };
}

/**
 * @param {string} prompt
 * @returns {(NamedEdit & { file_path: string })[]}
 */
function namedEdits(prompt) {
  const found = [...prompt.matchAll(/<edit>([\s\S]*?)<\/edit>/g)];
  if (found.length === 0) throw new Error('the prompt holds no <edit>{"old_string": …, "new_string": …}</edit>');
  return found.map((match) => {
    /** @type {NamedEdit} */
    const edit = JSON.parse(String(match[1]));
    if (typeof edit.old_string !== 'string' || typeof edit.new_string !== 'string') {
      throw new Error(`an <edit> lacks old_string or new_string: ${match[1]}`);
    }
    return { ...edit, file_path: edit.file_path ?? String(namedFiles(prompt)[0]) };
  });
}
