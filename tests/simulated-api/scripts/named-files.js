// @ts-check

/**
 * @param {string} prompt
 * @returns {string[]} the paths of its lines `file: <path>`
 */
export function namedFiles(prompt) {
  const files = [...prompt.matchAll(/^\s*file:\s*(\S.*?)\s*$/gm)].map((match) => String(match[1]));
  if (files.length === 0) throw new Error('the prompt names no file in a line "file: <path>"');
  return files;
}
