/** The YAML at the start of a Markdown file, and the text after it. Called by parse-definition.ts; never throws. */
import { messageOf, oneLine } from '../../tasks/index.ts';

export type Frontmatter =
  | { fields: Readonly<Record<string, unknown>>; body: string; warnings: string[] }
  | { problem: string };

const block = /^\uFEFF?---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n([\s\S]*))?$/;

export async function readFrontmatter(text: string): Promise<Frontmatter> {
  const [whole, yaml = '', body = ''] = block.exec(text) ?? [];
  if (whole === undefined) return { problem: 'it does not begin with frontmatter between two lines of ---' };
  const { parse } = await import('yaml');
  const read = (source: string): unknown => parse(source, { stringKeys: true, maxAliasCount: 0, logLevel: 'error' });
  try {
    return result(read(yaml), body, []);
  } catch (error) {
    try {
      return result(read(withQuotes(yaml)), body, [
        'has a frontmatter that is no valid YAML; it was read line by line',
      ]);
    } catch {
      return { problem: `its frontmatter is no valid YAML: ${oneLine(messageOf(error), 200)}` };
    }
  }
}

function result(fields: unknown, body: string, warnings: string[]): Frontmatter {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return { problem: 'its frontmatter is no list of keys with values' };
  return { fields: fields as Record<string, unknown>, body, warnings };
}

/** Descriptions are often written as plain text with colons in it, which other programs put up with. */
function withQuotes(yaml: string): string {
  return yaml.replace(
    /^([A-Za-z][\w-]*):[ \t]+([^\s"'[{|>&*!#].*)$/gm,
    (_, key: string, value: string) => `${key}: ${JSON.stringify(value.trim())}`,
  );
}
