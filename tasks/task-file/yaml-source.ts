import type { Document, Node, YAMLError } from 'yaml';
import { limits } from './limits.ts';
import type { FieldPath, LocateOptions, Position, Problem } from './problems.ts';

export interface ParsedText {
  value: unknown;
  problems: Problem[];
  locate: (path: FieldPath, options?: LocateOptions) => Position | undefined;
}

/**
 * One YAML or JSON document as a value, with the position of every field. Never throws: what is wrong with the text
 * is in `problems`, and then there is no value. Aliases are limited, keys are unique, merge keys (`<<`) work.
 */
export async function parseYaml(text: string): Promise<ParsedText> {
  const { LineCounter, isAlias, isMap, isNode, isPair, isScalar, isSeq, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
    logLevel: 'error',
  });

  const locate = (path: FieldPath, { key, occurrence }: LocateOptions = {}): Position | undefined => {
    let node: unknown = document.contents;
    let found = isNode(node) ? node : undefined;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (isSeq(node)) node = node.items[Number(part)];
      else if (isMap(node)) node = node.get(String(part), true);
      else node = undefined;
      if (!isNode(node)) return position(found);
      found = node;
    }
    if (isAlias(node)) node = node.resolve(document);
    if (key !== undefined && isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (isScalar(pair?.key)) return position(pair.key);
    }
    return position(found, occurrence);
  };

  const position = (node: Node | undefined, occurrence?: number): Position | undefined => {
    if (!node?.range) return undefined;
    const [start, end] = node.range;
    let offset = start;
    if (occurrence !== undefined) {
      let next = text.indexOf('${{', start);
      for (let count = 0; count < occurrence && next !== -1; count += 1) next = text.indexOf('${{', next + 3);
      if (next !== -1 && next < end) offset = next;
    }
    return at(offset);
  };

  const problems = syntaxProblems(document, text, at);
  if (problems.length > 0) return { value: undefined, problems, locate };
  try {
    return { value: document.toJS({ maxAliasCount: limits.yamlAliases }), problems, locate };
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const message = `found aliases that expand too far; allowed at most ${limits.yamlAliases} values from aliases`;
    return { value: undefined, problems: [{ path: [], message, position: { line: 1, column: 1 } }], locate };
  }
}

function syntaxProblems(document: Document.Parsed, text: string, at: (offset: number) => Position): Problem[] {
  const problem = (error: YAMLError): Problem => {
    const position = at(error.pos[0]);
    return { path: [], position, message: syntaxMessage(error, text.split('\n')[position.line - 1] ?? '') };
  };
  const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (deep !== undefined) return [problem(deep)];
  const found = [...document.errors, ...document.warnings];
  // A parser that has lost the thread calls everything after that wrong too.
  const lost = found.findIndex(({ code }) => !understood.has(code));
  const problems = found.slice(0, lost < 0 ? limits.problemsShown : lost + 1).map(problem);
  if (problems.length > 0 || document.contents !== null) return problems;
  return [
    {
      path: [],
      message: 'found an empty file; allowed an object with version, name and subtasks',
      position: at(0),
    },
  ];
}

/** What is wrong with a text that can be read. */
const understood: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'MULTIPLE_DOCS', 'TAG_RESOLVE_FAILED']);

function syntaxMessage(error: YAMLError, line: string): string {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return 'found the same key a second time; allowed once';
    case 'MULTIPLE_DOCS':
      return 'found a second document (---); allowed one document per file';
    case 'RESOURCE_EXHAUSTION':
      return 'found too many levels of nesting; allowed a few dozen';
    case 'TAG_RESOLVE_FAILED':
      return `found ${error.message.replace(/^Unresolved tag: /, 'the tag ')}; allowed plain values without tags`;
    default: {
      const hint = line.includes('${{') ? ' (inside [ ] and { }, text with ${{ }} needs quotes around it)' : '';
      return `found text that can't be read: ${error.message.split('\n')[0]}${hint}; allowed YAML or JSON`;
    }
  }
}
