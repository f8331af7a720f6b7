/**
 * Applies codemod rules to the text of one file, the way `ast-grep scan --update-all` would write it. Called by the
 * codemod executor for every file; touches no disk and leaves alone what it cannot read.
 */
import { isUtf8 } from 'node:buffer';
import type { CodemodRules } from './codemod-rules.ts';
import { expansionNames } from './fix-expansion.ts';
import { expandFixTemplate } from './fix-template.ts';
import { languageByPath } from './languages.ts';
import { findMatches, type RuleMatch } from './rule-matches.ts';
import { rulesForPath } from './rules-for-path.ts';
import { parseRegions } from './source-regions.ts';

/** The number of replacements and the new text; without a replacement there is no text: the file stays as it is. */
export type CodemodResult = { edits: 0; text: undefined } | { edits: number; text: string };

interface TextEdit {
  start: number;
  end: number;
  text: string;
}

const unchanged = { edits: 0, text: undefined } as const;

const largeBytes = 3_000_000;
const largeLines = 200_000;

/**
 * @param path relative, with `/`; decides the language and the rules
 * @param source bytes or text; anything that is empty, not UTF-8, or both over 3,000,000 bytes and 200,000 lines is
 * left alone
 */
export function applyRules(rules: CodemodRules, path: string, source: string | Uint8Array): CodemodResult {
  const language = languageByPath(path);
  const text = readableText(source);
  if (language === undefined || text === undefined) {
    return unchanged;
  }
  const candidates = rulesForPath(rules, path).filter(
    ({ requiredTexts }) => requiredTexts === undefined || requiredTexts.some((required) => text.includes(required)),
  );
  if (candidates.length === 0) {
    return unchanged;
  }
  const regions = parseRegions(
    language,
    text,
    candidates.map((rule) => rule.language),
  );
  const edits = regions.flatMap((region) => {
    const applicable = candidates.filter((rule) => rule.language.name === region.language.name);
    return editsFor(findMatches(region.root, applicable, text), text);
  });
  return applyEdits(text, regions.length === 1 ? edits : withoutOverlaps(edits));
}

/** In the order of the tree; a match that starts before the end of an accepted one is skipped. */
function editsFor(matches: readonly RuleMatch[], source: string): TextEdit[] {
  const edits: TextEdit[] = [];
  let accepted = 0;
  for (const match of matches) {
    const { start, end } = replacedRange(match);
    if (start >= accepted) {
      edits.push({ start, end, text: expandFixTemplate(match.rule.fix, match.node, source, match.start) });
      accepted = end;
    }
  }
  return edits;
}

function replacedRange({ rule, node, start, end }: RuleMatch): { start: number; end: number } {
  return {
    start: (rule.expandsStart ? node.getMatch(expansionNames.start)?.range().start.index : undefined) ?? start,
    end: (rule.expandsEnd ? node.getMatch(expansionNames.end)?.range().end.index : undefined) ?? end,
  };
}

function withoutOverlaps(edits: readonly TextEdit[]): TextEdit[] {
  let accepted = 0;
  return edits
    .toSorted((left, right) => left.start - right.start)
    .filter(({ start, end }) => {
      const fits = start >= accepted;
      accepted = fits ? end : accepted;
      return fits;
    });
}

function applyEdits(source: string, edits: readonly TextEdit[]): CodemodResult {
  if (edits.length === 0) {
    return unchanged;
  }
  let text = '';
  let position = 0;
  for (const edit of edits) {
    text += source.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return { edits: edits.length, text: text + source.slice(position) };
}

function readableText(source: string | Uint8Array): string | undefined {
  if (source.length === 0) {
    return undefined;
  }
  if (typeof source === 'string') {
    return /\p{Surrogate}/u.test(source) || isTooLarge(source, Buffer.byteLength(source)) ? undefined : source;
  }
  if (!isUtf8(source)) {
    return undefined;
  }
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  return isTooLarge(text, source.length) ? undefined : text;
}

function isTooLarge(text: string, bytes: number): boolean {
  if (bytes <= largeBytes) {
    return false;
  }
  const lines = text.split('\n').length;
  return (text.endsWith('\n') ? lines - 1 : lines) > largeLines;
}
