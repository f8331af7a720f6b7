/**
 * What keeps types from being taken out of a text without a doubt. Called by erase-types.ts. The parser does not know
 * where TypeScript lets a line end finish a statement, so such places are looked for by themselves; and what remains is
 * read again and compared with what was there.
 */
import { parse, type SgNode } from '@ast-grep/napi';

/** Words that are words of TypeScript only where the next word stands on the same line. */
const lineWords = new Set([
  'type',
  'interface',
  'declare',
  'abstract',
  'readonly',
  'accessibility_modifier',
  'override_modifier',
]);
const lineEnd = /[\r\n\u2028\u2029]/;
/** Counted in both texts: what a line end that is read in another way makes more or fewer of. */
const counted: ReadonlySet<string> = new Set([
  'array',
  'arrow_function',
  'binary_expression',
  'call_expression',
  'expression_statement',
  'field_definition',
  'method_definition',
  'new_expression',
  'return_statement',
  'subscript_expression',
]);

/** The first place that TypeScript reads in another way than the parser, or that could not stay as it is. */
export function ambiguityIn(node: SgNode, text: string): string | undefined {
  const kind = String(node.kind());
  const parts = node.children().filter((part) => part.kind() !== 'comment');
  for (const [index, part] of parts.entries()) {
    const previous = parts[index - 1];
    if (previous !== undefined && lineEnd.test(between(previous, part, text))) {
      const what = ambiguity(kind, previous, part);
      if (what !== undefined) return `${what} in line ${part.range().start.line + 1}`;
    }
    const inside = ambiguityIn(part, text);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function ambiguity(kind: string, previous: SgNode, part: SgNode): string | undefined {
  const [before, after] = [String(previous.kind()), String(part.kind())];
  if ((kind === 'lookup_type' || kind === 'array_type') && after === '[') {
    return 'a bracket that begins the line after a type (put ; before it)';
  }
  if (after === 'as' || after === 'satisfies') return `the word ${after} at the beginning of a line`;
  if (lineWords.has(before)) {
    return `a line end after the word ${previous.text()}`;
  }
  if (kind === 'arrow_function' && (before === 'type_parameters' || /annotation$/.test(after) || after === '=>')) {
    return 'a line end around the types of an arrow function';
  }
  return undefined;
}

/** Whether what is left has no syntax error and as many statements, calls, members and so on as the whole had. */
export function isReadAsBefore(root: SgNode, cuts: readonly { start: number; end: number }[], erased: string): boolean {
  if (
    parse('JavaScript', erased)
      .root()
      .find({ rule: { kind: 'ERROR' } }) !== null
  )
    return false;
  const before = count(root, cuts);
  const after = count(parse('TypeScript', erased).root(), []);
  return [...counted].every((kind) => before.get(kind) === after.get(kind));
}

function count(root: SgNode, cuts: readonly { start: number; end: number }[]): Map<string, number> {
  const found = new Map<string, number>();
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const kind = String(node.kind()).replace('public_field_definition', 'field_definition');
    const { start, end } = node.range();
    if (counted.has(kind) && !cuts.some((cut) => start.index >= cut.start && end.index <= cut.end)) {
      found.set(kind, (found.get(kind) ?? 0) + 1);
    }
    waiting.push(...node.children());
  }
  return found;
}

function between(previous: SgNode, next: SgNode, text: string): string {
  return text.slice(previous.range().end.index, next.range().start.index);
}
