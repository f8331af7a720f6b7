import { parse } from '@ast-grep/napi';
import type { Language } from './languages.ts';

type RuleObject = Record<string, unknown>;

/**
 * Texts of which a source must contain at least one for the rule to match, so that most files need no parse at all;
 * undefined when nothing can be said. ast-grep compares the named leaves of a pattern (identifiers, parts of strings,
 * numbers) with the source as text, unless a strictness says otherwise.
 */
export function findRequiredTexts(rule: RuleObject, language: Language): readonly string[] | undefined {
  const { pattern, all, any } = rule;
  const alternatives = [
    typeof pattern === 'string' ? textsOfPattern(pattern, language) : undefined,
    Array.isArray(any) ? textsOfAny(any, language) : undefined,
    ...(Array.isArray(all) ? all.map((each) => findRequiredTexts(each, language)) : []),
  ].filter((texts) => texts !== undefined);
  return alternatives.reduce<readonly string[] | undefined>(
    (best, texts) => (best === undefined || shortest(texts) > shortest(best) ? texts : best),
    undefined,
  );
}

function textsOfAny(rules: readonly RuleObject[], language: Language): readonly string[] | undefined {
  const each = rules.map((rule) => findRequiredTexts(rule, language));
  return each.length > 0 && each.every((texts) => texts !== undefined) ? each.flat() : undefined;
}

/** Only for languages in which a meta variable is an identifier of the language itself. */
function textsOfPattern(pattern: string, { name }: Language): readonly string[] | undefined {
  if (!['JavaScript', 'TypeScript', 'Tsx'].includes(name)) {
    return undefined;
  }
  if (/^\w{2,}$/.test(pattern)) {
    return [pattern];
  }
  const leaves = parse(name, pattern)
    .root()
    .findAll({ rule: { regex: '^[A-Za-z0-9_]{2,}$' } })
    .filter((node) => node.isNamed() && node.isLeaf())
    .map((node) => node.text());
  const longest = leaves.reduce((best, text) => (text.length > best.length ? text : best), '');
  return longest === '' ? undefined : [longest];
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map(({ length }) => length));
}
