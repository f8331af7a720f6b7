const maximum = 1_000;

/**
 * `a{b,c}d` as `abd` and `acd`, nested braces included, at most 1,000 of them; undefined when there are more. Braces
 * without a comma, unbalanced or escaped are ordinary characters and come out escaped.
 */
export function expandBraces(pattern: string): string[] | undefined {
  let finished: string[] = [''];
  let position = 0;
  while (position < pattern.length) {
    const character = pattern.charAt(position);
    const group = character === '{' ? readGroup(pattern, position) : undefined;
    if (group === undefined) {
      const length = character === '\\' ? 2 : 1;
      const text =
        character === '{' || character === '}' ? `\\${character}` : pattern.slice(position, position + length);
      finished = finished.map((begun) => begun + text);
      position += length;
      continue;
    }
    const branches: string[] = [];
    for (const branch of group.branches) {
      const expanded = expandBraces(branch);
      if (expanded === undefined || branches.length + expanded.length > maximum) return undefined;
      branches.push(...expanded);
    }
    if (finished.length * branches.length > maximum) return undefined;
    finished = finished.flatMap((begun) => branches.map((branch) => begun + branch));
    position = group.end;
  }
  return finished;
}

function readGroup(pattern: string, open: number): { branches: string[]; end: number } | undefined {
  const branches: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let position = open; position < pattern.length; position += 1) {
    const character = pattern[position];
    if (character === '\\') position += 1;
    else if (character === '{') depth += 1;
    else if (character === ',' && depth === 1) {
      branches.push(pattern.slice(start, position));
      start = position + 1;
    } else if (character === '}') {
      depth -= 1;
      if (depth > 0) continue;
      if (branches.length === 0) return undefined;
      return { branches: [...branches, pattern.slice(start, position)], end: position + 1 };
    }
  }
  return undefined;
}
