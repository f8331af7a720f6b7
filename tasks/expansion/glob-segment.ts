type Token = { kind: 'star' } | { kind: 'any' } | { kind: 'text'; text: string } | CharacterClass;

interface CharacterClass {
  kind: 'class';
  negated: boolean;
  ranges: [from: string, to: string][];
}

/**
 * One part of a glob between slashes as a test of one part of a path. Takes time in the order of pattern length times
 * name length, whatever the pattern: no regular expression, so none that backtracks for ever.
 */
export function compileSegment(segment: string): (name: string) => boolean {
  const tokens = tokenize(segment);
  if (tokens.length === 1 && tokens[0]?.kind === 'star') return (name) => name !== '';
  return (name) => matches(tokens, name);
}

function matches(tokens: readonly Token[], name: string): boolean {
  let token = 0;
  let position = 0;
  let starToken = -1;
  let starPosition = 0;
  while (position < name.length || token < tokens.length) {
    const current = tokens[token];
    if (current?.kind === 'star') {
      starToken = token;
      starPosition = position;
      token += 1;
      continue;
    }
    const length = current === undefined ? 0 : consumed(current, name, position);
    if (length > 0) {
      token += 1;
      position += length;
      continue;
    }
    if (starToken === -1 || starPosition >= name.length) return false;
    starPosition += 1;
    position = starPosition;
    token = starToken + 1;
  }
  return true;
}

/** How many UTF-16 units of the name the token matches at a position; 0 when it doesn't. */
function consumed(token: Exclude<Token, { kind: 'star' }>, name: string, position: number): number {
  if (token.kind === 'text') return name.startsWith(token.text, position) ? token.text.length : 0;
  const point = name.codePointAt(position);
  if (point === undefined) return 0;
  const character = String.fromCodePoint(point);
  if (token.kind === 'any') return character.length;
  const inside = token.ranges.some(
    ([from, to]) => point >= (from.codePointAt(0) ?? 0) && point <= (to.codePointAt(0) ?? 0),
  );
  return inside === token.negated ? 0 : character.length;
}

function tokenize(segment: string): Token[] {
  const tokens: Token[] = [];
  const characters = [...segment];
  let text = '';
  const flush = () => {
    if (text !== '') tokens.push({ kind: 'text', text });
    text = '';
  };
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const group = character === '[' ? readClass(characters, index) : undefined;
    if (group !== undefined) {
      flush();
      tokens.push(group.token);
      index = group.end;
    } else if (character === '*' || character === '?') {
      flush();
      const kind = character === '*' ? 'star' : 'any';
      if (kind === 'any' || tokens.at(-1)?.kind !== 'star') tokens.push({ kind });
    } else if (character === '\\' && index + 1 < characters.length) {
      index += 1;
      text += characters[index];
    } else {
      text += character;
    }
  }
  flush();
  return tokens;
}

function readClass(characters: readonly string[], open: number): { token: CharacterClass; end: number } | undefined {
  const negated = characters[open + 1] === '!' || characters[open + 1] === '^';
  const first = open + (negated ? 2 : 1);
  const ranges: [string, string][] = [];
  let index = first;
  const next = (): string | undefined => {
    if (characters[index] === '\\') index += 1;
    const character = characters[index];
    index += 1;
    return character;
  };
  while (index < characters.length) {
    if (characters[index] === ']' && index > first) return { token: { kind: 'class', negated, ranges }, end: index };
    const from = next();
    let to = from;
    if (characters[index] === '-' && index + 1 < characters.length && characters[index + 1] !== ']') {
      index += 1;
      to = next();
    }
    if (from !== undefined && to !== undefined) ranges.push([from, to]);
  }
  return undefined;
}
