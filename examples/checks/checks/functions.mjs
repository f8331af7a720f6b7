/** The exported functions of a text, each with the line it stands in and whether a JSDoc comment ends above it. */
export function functionsOf(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const name = /^export function (\w+)/.exec(line)?.[1];
    return name === undefined ? [] : [{ name, line: index + 1, documented: /\*\/\s*$/.test(lines[index - 1] ?? '') }];
  });
}
