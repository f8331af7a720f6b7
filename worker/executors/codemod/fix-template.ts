import type { SgNode } from '@ast-grep/napi';
import { indentationAt, reindent } from './indentation.ts';

interface TemplateVariable {
  name: string;
  kind: 'single' | 'multiple' | 'transformed';
  /** Spaces at the start of the template's line that holds the variable. */
  indentation: number;
}

/** A fix, split at its meta variables: one more text than variables. */
export interface FixTemplate {
  texts: readonly string[];
  variables: readonly TemplateVariable[];
}

const variableName = /[A-Z0-9_]+/y;

/**
 * Splits a fix at `$A`, `$$A` (the same) and `$$$A`.
 * @param transformed names that `transform` defines
 */
export function parseFixTemplate(template: string, metaCharacter: string, transformed: readonly string[]): FixTemplate {
  const texts: string[] = [];
  const variables: TemplateVariable[] = [];
  let textStart = 0;
  let position = template.indexOf(metaCharacter);
  while (position !== -1) {
    let nameStart = position + 1;
    while (nameStart - position < 3 && template[nameStart] === metaCharacter) {
      nameStart++;
    }
    variableName.lastIndex = nameStart;
    const name = variableName.exec(template)?.[0];
    if (name === undefined) {
      position = template.indexOf(metaCharacter, position + 1);
      continue;
    }
    const multiple = nameStart - position === 3;
    texts.push(template.slice(textStart, position));
    variables.push({
      name,
      kind: multiple ? 'multiple' : transformed.includes(name) ? 'transformed' : 'single',
      indentation: indentationAt(template, position),
    });
    textStart = nameStart + name.length;
    position = template.indexOf(metaCharacter, textStart);
  }
  texts.push(template.slice(textStart));
  return { texts, variables };
}

/** The text that replaces a match which starts at `start` of `source`. Offsets of nodes must be offsets of `source`. */
export function expandFixTemplate(template: FixTemplate, match: SgNode, source: string, start: number): string {
  let expanded = template.texts[0] ?? '';
  template.variables.forEach((variable, index) => {
    expanded += variableText(variable, match, source) + template.texts[index + 1];
  });
  return expanded.includes('\n') ? reindent(expanded, 0, indentationAt(source, start)) : expanded;
}

function variableText({ name, kind, indentation }: TemplateVariable, match: SgNode, source: string): string {
  if (kind === 'transformed') {
    return reindent(match.getTransformed(name) ?? '', 0, indentation);
  }
  const nodes = kind === 'single' ? [match.getMatch(name)] : match.getMultipleMatches(name);
  const first = nodes.at(0)?.range();
  const last = nodes.length > 1 ? nodes.at(-1)?.range() : first;
  if (first === undefined || last === undefined) {
    return '';
  }
  const text = source.slice(first.start.index, last.end.index);
  return text.includes('\n') ? reindent(text, indentationAt(source, first.start.index), indentation) : text;
}
