/**
 * The template language of task files: literal text and `${{ path.to.value }}` placeholders, nothing else.
 * `$${{` stands for a literal `${{`. Parsing never throws; a text that isn't a template is answered with the reason.
 */

export interface Placeholder {
  /** The path, its first part being the variable: `item.path` is ['item', 'path']. */
  path: readonly string[];
  /** As written between the braces, trimmed. */
  source: string;
  /** Counts the `${{` in the text, escaped ones included, from 0: it finds the position in the file. */
  occurrence: number;
}

export type Template = readonly (string | Placeholder)[];
export type TemplateResult = { template: Template } | { problem: string; occurrence: number };

const step = /^(?:\.([A-Za-z_][\w-]*|\d+)|\[(\d+)\]|\['([^'\]]*)'\]|\["([^"\]]*)"\])/;
const root = /^[A-Za-z_]\w*/;

export function parseTemplate(text: string): TemplateResult {
  const parts: (string | Placeholder)[] = [];
  let literal = '';
  let position = 0;
  let occurrence = 0;
  for (;;) {
    const open = text.indexOf('${{', position);
    if (open === -1) break;
    if (open > position && text[open - 1] === '$') {
      literal += `${text.slice(position, open - 1)}\${{`;
      position = open + 3;
      occurrence += 1;
      continue;
    }
    const close = text.indexOf('}}', open);
    if (close === -1)
      return { problem: 'a ${{ that no }} closes; write $${{ for the characters themselves', occurrence };
    const source = text.slice(open + 3, close).trim();
    const path = parsePath(source);
    if (path === undefined) {
      return {
        problem: `\${{ ${source.slice(0, 60)} }}, which is no path such as item.path or item['a b']`,
        occurrence,
      };
    }
    literal += text.slice(position, open);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({ path, source, occurrence });
    position = close + 2;
    occurrence += 1;
  }
  literal += text.slice(position);
  if (literal !== '') parts.push(literal);
  return { template: parts };
}

/** The literal text of a template with `stand-in` for each placeholder. */
export function literalText(template: Template, standIn: string): string {
  return template.map((part) => (typeof part === 'string' ? part : standIn)).join('');
}

export function hasPlaceholder(template: Template): boolean {
  return template.some((part) => typeof part !== 'string');
}

function parsePath(source: string): string[] | undefined {
  const first = root.exec(source)?.[0];
  if (first === undefined) return undefined;
  const path = [first];
  let rest = source.slice(first.length);
  while (rest !== '') {
    const match = step.exec(rest);
    if (match === null) return undefined;
    path.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
    rest = rest.slice(match[0].length);
  }
  return path;
}
