/**
 * TypeScript without its types, for a Node that can't leave them out itself. Called by read-check-module.ts. Promise: what
 * remains stands where it stood, line by line, and is read as it was; syntax that is more than types (enums, namespaces,
 * parameter properties) is refused, as Node refuses it, and so is what could be read in two ways.
 */
import { parse, type SgNode } from '@ast-grep/napi';
import { ambiguityIn, isReadAsBefore } from './type-ambiguity.ts';

export type Erased = { text: string } | { problem: string };

const types = new Set([
  'type_annotation',
  'asserts_annotation',
  'type_predicate_annotation',
  'type_parameters',
  'type_arguments',
  'implements_clause',
]);
const modifiers = new Set(['accessibility_modifier', 'override_modifier']);
/** In their place stands a semicolon, so that what follows does not become a part of what comes before. */
const statements = new Set([
  'interface_declaration',
  'type_alias_declaration',
  'ambient_declaration',
  'function_signature',
  'abstract_method_signature',
  'method_signature',
  'index_signature',
]);
const moreThanTypes: Readonly<Record<string, string>> = {
  ERROR: 'a syntax error',
  enum_declaration: 'an enum',
  internal_module: 'a namespace',
  module: 'a namespace',
  type_assertion: 'a type in angle brackets (write `value as Type`)',
  import_alias: 'an import with =',
  import_require_clause: 'an import with =',
};
/** With nothing behind them, these names of fields would make something else of the next line. */
const wordsOfMembers = new Set(['get', 'set', 'static', 'async', 'accessor']);
/** Words and marks that are only there for types, in the nodes where they are. */
const marks: Readonly<Record<string, readonly string[]>> = {
  optional_parameter: ['?'],
  method_definition: ['?'],
  public_field_definition: ['?', '!', 'readonly'],
  variable_declarator: ['!'],
  non_null_expression: ['!'],
  abstract_class_declaration: ['abstract'],
};

export function eraseTypes(text: string): Erased {
  const cuts: Cut[] = [];
  const root = parse('TypeScript', text).root();
  const ended = endStatements(root, text);
  if (ended !== undefined) return eraseTypes(ended);
  const problem = collect(root, text, cuts) ?? ambiguityIn(root, text);
  if (problem !== undefined) return { problem };
  let erased = '';
  let position = 0;
  for (const { start, end, by, isOneLine } of cuts) {
    const gone = text.slice(start + by.length, end);
    erased += text.slice(position, start) + by + (isOneLine ? ' '.repeat(gone.length) : gone.replace(/[^\r\n]/g, ' '));
    position = end;
  }
  erased += text.slice(position);
  return isReadAsBefore(root, cuts, erased)
    ? { text: erased }
    : { problem: 'a place that would be read in another way without its types (end statements and fields with ;)' };
}

/** Characters of the text that go. */
interface Cut {
  start: number;
  end: number;
  by: '' | ';';
  /** Line ends go as well: none may stand there. */
  isOneLine: boolean;
}

/** In the order of the text. The first thing that can't be erased ends it. */
function collect(node: SgNode, text: string, cuts: Cut[]): string | undefined {
  const kind = String(node.kind());
  const parts = node.children();
  const has = (token: string) => parts.some((part) => part.kind() === token);
  const cut = (from: number, to: number, by: Cut['by'] = '', isOneLine = false): undefined => {
    cuts.push({ start: from, end: to, by, isOneLine });
    return undefined;
  };
  const { start, end } = rangeOf(node);
  const refused = moreThanTypes[kind];
  if (refused !== undefined && node.isNamed()) return `${refused} in line ${node.range().start.line + 1}`;
  if (types.has(kind)) return cut(start, end, '', node.parent()?.kind() === 'arrow_function');
  if (statements.has(kind) || isOnlyTypes(kind, parts)) return cut(start, end, ';');
  if (kind === 'export_statement' && (has('=') || has('as'))) {
    return `an export with = or as namespace in line ${node.range().start.line + 1}`;
  }
  if (kind === 'import_specifier' || kind === 'export_specifier') {
    return parts[0]?.kind() === 'type' && parts.length > 1 ? cut(start, afterComma(node, end)) : undefined;
  }
  if (kind === 'required_parameter' && parts[0]?.kind() === 'this') return cut(start, afterComma(node, end));
  if (/_parameter$/.test(kind) && (has('accessibility_modifier') || has('override_modifier') || has('readonly'))) {
    return `a parameter property in line ${node.range().start.line + 1}`;
  }
  const isMember = kind === 'public_field_definition' || kind === 'method_definition';
  let needsEnd = isMember && startsOpen(parts);
  for (const [index, part] of parts.entries()) {
    const partKind = String(part.kind());
    if (isMark(kind, partKind)) cut(rangeOf(part).start, rangeOf(part).end, needsEnd ? ';' : '');
    else if (isMember && partKind === 'type_annotation' && isWordAlone(parts)) {
      cut(rangeOf(part).start, rangeOf(part).end, ';');
    } else {
      const problem = collect(part, text, cuts);
      if (problem !== undefined) return problem;
    }
    needsEnd &&= partKind === 'comment';
    if (index > 0 || (kind !== 'as_expression' && kind !== 'satisfies_expression')) continue;
    return cut(rangeOf(part).end, end);
  }
  return undefined;
}

function isMark(kind: string, part: string): boolean {
  return marks[kind]?.includes(part) === true || modifiers.has(part);
}

/** Whether a member begins with a bracket or a star once its modifiers are gone, which would go on with the field before. */
function startsOpen(parts: readonly SgNode[]): boolean {
  const first = parts.find(
    (part) => !['comment', 'readonly'].includes(String(part.kind())) && !modifiers.has(String(part.kind())),
  );
  return first !== parts[0] && /^(?:[[*]|in$|instanceof$)/.test(first?.text() ?? '');
}

function isWordAlone(parts: readonly SgNode[]): boolean {
  return (
    !parts.some((part) => part.kind() === '=') &&
    parts.some((part) => wordsOfMembers.has(part.text()) && part.kind() === 'property_identifier')
  );
}

/**
 * With a semicolon behind the first type that ends a statement, but only until it is gone: then a parenthesis, bracket
 * or template on the next line would call or index what stands before it. The parser reads it so even with the type.
 */
function endStatements(root: SgNode, text: string): string | undefined {
  const goesOn = /(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*(?=[([`])/y;
  for (const node of root.findAll({ rule: { any: [{ kind: 'as_expression' }, { kind: 'satisfies_expression' }] } })) {
    const { end } = rangeOf(node);
    goesOn.lastIndex = end;
    if (/[\r\n\u2028\u2029]/.test(goesOn.exec(text)?.[0] ?? '')) return `${text.slice(0, end)};${text.slice(end)}`;
  }
  return undefined;
}

function isOnlyTypes(kind: string, parts: readonly SgNode[]): boolean {
  const second = String(parts[1]?.kind());
  if (kind === 'import_statement') return second === 'type';
  if (kind === 'export_statement')
    return second === 'type' || parts.some((part) => statements.has(String(part.kind())));
  return (
    kind === 'public_field_definition' && parts.some((part) => ['declare', 'abstract'].includes(String(part.kind())))
  );
}

function afterComma(node: SgNode, end: number): number {
  const next = node.next();
  return next?.kind() === ',' ? rangeOf(next).end : end;
}

function rangeOf(node: SgNode): { start: number; end: number } {
  const { start, end } = node.range();
  return { start: start.index, end: end.index };
}
