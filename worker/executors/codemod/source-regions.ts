import { parse, type SgNode } from '@ast-grep/napi';
import { isEmbeddedIn, type Language, languageByName } from './languages.ts';

/** A part of a file in one language. Offsets in `root` are offsets (UTF-16 code units) of the whole file. */
export interface SourceRegion {
  language: Language;
  root: SgNode;
}

/** The file's own tree, then one tree for each script and style element of an HTML file. */
export function parseRegions(language: Language, source: string, wanted: readonly Language[]): SourceRegion[] {
  const host = { language, root: parse(language.name, source).root() };
  if (!wanted.some((inner) => isEmbeddedIn(inner, language))) {
    return [host];
  }
  const embedded = (['script', 'style'] as const).flatMap((element) =>
    host.root
      .findAll({ rule: { kind: `${element}_element` } })
      .flatMap((node) => embeddedRegion(node, element, source)),
  );
  return [host, ...embedded.filter((region) => wanted.some(({ name }) => name === region.language.name))];
}

function embeddedRegion(node: SgNode, element: 'script' | 'style', source: string): SourceRegion[] {
  const content = node.children().find((child) => child.kind() === 'raw_text');
  const language = languageByName(languageAttribute(node) ?? (element === 'script' ? 'js' : 'css'));
  if (content === undefined || !language?.builtIn) {
    return [];
  }
  const { start, end } = content.range();
  // Blanks instead of what stands before keep the offsets and the lines of the file.
  const blanks = source.slice(0, start.index).replace(/[^\n]/g, ' ');
  return [{ language, root: parse(language.name, blanks + source.slice(start.index, end.index)).root() }];
}

function languageAttribute(element: SgNode): string | undefined {
  return element
    .findAll({ rule: { kind: 'attribute' } })
    .filter((attribute) => attribute.find({ rule: { kind: 'attribute_name' } })?.text() === 'lang')
    .map((attribute) => attribute.find({ rule: { kind: 'attribute_value' } })?.text())
    .find((value) => value !== undefined);
}
