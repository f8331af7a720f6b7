/**
 * TypeScript without its types, for a Node that can't leave them out itself. Called by read-check-module.ts. Promise: what
 * remains stands where it stood, line by line; syntax that is more than types (enums, namespaces, parameter properties)
 * is refused, as Node refuses it.
 */
import { parse, type SgNode } from '@ast-grep/napi';

export type Erased = { text: string } | { problem: string };

const types = new Set([
  'type_annotation',
  'asserts_annotation',
  'type_predicate_annotation',
  'type_parameters',
  'type_arguments',
  'implements_clause',
  'accessibility_modifier',
  'override_modifier',
]);
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
  const problem = collect(parse('TypeScript', text).root(), text, cuts);
  if (problem !== undefined) return { problem };
  let erased = '';
  let position = 0;
  for (const { start, end, by, isOneLine } of cuts) {
    const gone = text.slice(start + by.length, end);
    erased += text.slice(position, start) + by + (isOneLine ? ' '.repeat(gone.length) : gone.replace(/[^\r\n]/g, ' '));
    position = end;
  }
  return { text: erased + text.slice(position) };
}

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
  if (kind === 'import_specifier' || kind === 'export_specifier') {
    return parts[0]?.kind() === 'type' && parts.length > 1 ? cut(start, afterComma(node, end)) : undefined;
  }
  if (kind === 'required_parameter' && parts[0]?.kind() === 'this') return cut(start, afterComma(node, end));
  if (/_parameter$/.test(kind) && (has('accessibility_modifier') || has('override_modifier') || has('readonly'))) {
    return `a parameter property in line ${node.range().start.line + 1}`;
  }
  for (const [index, part] of parts.entries()) {
    if (marks[kind]?.includes(String(part.kind())) === true) cut(rangeOf(part).start, rangeOf(part).end);
    else {
      const problem = collect(part, text, cuts);
      if (problem !== undefined) return problem;
    }
    if (index > 0 || (kind !== 'as_expression' && kind !== 'satisfies_expression')) continue;
    // On the next line a parenthesis would call what was the end of a statement.
    return cut(rangeOf(part).end, end, /^[ \t]*\r?\n\s*[([`]/.test(text.slice(end)) ? ';' : '');
  }
  return undefined;
}

function isOnlyTypes(kind: string, parts: readonly SgNode[]): boolean {
  const second = String(parts[1]?.kind());
  if (kind === 'import_statement') return second === 'type';
  if (kind === 'export_statement') return second === 'type' || statements.has(second);
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
