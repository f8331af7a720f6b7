import { parse } from '@ast-grep/napi';

const importedNames = {
  rule: {
    any: [
      { kind: 'string', inside: { any: [{ kind: 'import_statement' }, { kind: 'export_statement' }] } },
      { kind: 'string', inside: { kind: 'arguments', inside: { kind: 'call_expression', has: { kind: 'import' } } } },
    ],
  },
};

export interface ImportedName {
  name: string;
  /** Where it ends in the text, before its quote. */
  end: number;
}

/** What a file imports by names that stand in it, in their order. */
export function importsOf(path: string, text: string): ImportedName[] {
  if (path.endsWith('.json')) return [];
  const found = parse(/\.m?ts$/.test(path) ? 'TypeScript' : 'JavaScript', text)
    .root()
    .findAll(importedNames);
  const names = found.map((node) => ({ name: node.text().slice(1, -1), end: node.range().end.index - 1 }));
  return names.sort((left, right) => left.end - right.end);
}
