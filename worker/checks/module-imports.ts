import { parse } from '@ast-grep/napi';

const importedNames = {
  rule: {
    any: [
      { kind: 'string', inside: { any: [{ kind: 'import_statement' }, { kind: 'export_statement' }] } },
      { kind: 'string', inside: { kind: 'arguments', inside: { kind: 'call_expression', has: { kind: 'import' } } } },
    ],
  },
};

/** What a file imports by names that stand in it, each once. */
export function importsOf(path: string, text: string): string[] {
  if (path.endsWith('.json')) return [];
  const found = parse(/\.[cm]?ts$/.test(path) ? 'TypeScript' : 'JavaScript', text)
    .root()
    .findAll(importedNames);
  return [...new Set(found.map((node) => node.text().slice(1, -1)))];
}
