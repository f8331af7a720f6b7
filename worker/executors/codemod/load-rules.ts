import type { NapiConfig } from '@ast-grep/napi';
import { FanfoldError, type RuleFile } from '../../../tasks/index.ts';
import { checkRule } from './check-rule.ts';
import type { CodemodRule, CodemodRules } from './codemod-rules.ts';
import { ensureLanguage, metaCharacterOf } from './dynamic-languages.ts';
import { withExpansions } from './fix-expansion.ts';
import { parseFixTemplate } from './fix-template.ts';
import { languageByName, languages } from './languages.ts';
import { compilePathGlobs, type PathGlobs } from './path-globs.ts';
import { findRequiredTexts } from './required-texts.ts';
import { type LocatedRule, readRuleDocuments } from './rule-documents.ts';
import { ruleFileError } from './rule-file-error.ts';

export interface LoadRulesOptions {
  /** Absolute folders in which `@ast-grep/lang-*` packages are looked for first. */
  resolveFrom?: readonly string[];
}

/**
 * Compiles rule files in ast-grep's own format. Rules with `severity: off` are skipped.
 * @throws FanfoldError `codemod-invalid` with file, line, column and what is allowed; `codemod-language-missing`
 */
export function loadRules(ruleFiles: readonly RuleFile[], { resolveFrom = [] }: LoadRulesOptions = {}): CodemodRules {
  const rules = ruleFiles
    .flatMap(readRuleDocuments)
    .filter(({ document }) => document.severity !== 'off')
    .map((located) => compileRule(located, resolveFrom));
  if (rules.length === 0) {
    throw new FanfoldError({
      code: 'codemod-invalid',
      message: `No rule is left in ${ruleFiles.map(({ path }) => path).join(', ')}: every severity is off.`,
      next: 'Remove "severity: off" from the rules that should run.',
    });
  }
  return { rules: rules.sort((left, right) => Buffer.compare(Buffer.from(left.id), Buffer.from(right.id))) };
}

function compileRule(located: LocatedRule, resolveFrom: readonly string[]): CodemodRule {
  const { document, id, placeOf } = located;
  if (document.rewriters != null) {
    throw ruleFileError(
      placeOf(['rewriters']),
      `Rule "${id}" uses "rewriters", which the Node binding of ast-grep cannot run.`,
      'Write the nested rewrites as rules of their own, or run "ast-grep scan -U" as a command.',
    );
  }
  const language = languageByName(document.language);
  if (language === undefined) {
    const known = languages.map(({ name }) => name).join(', ');
    throw ruleFileError(placeOf(['language']), `Unknown language "${document.language}".`, `Use one of ${known}.`);
  }
  const fix = Array.isArray(document.fix) ? document.fix[0] : document.fix;
  if (fix == null) {
    const problem = `Rule "${id}" has no fix, so it would change nothing.`;
    throw ruleFileError(placeOf([]), problem, 'Add a "fix", or "severity: off" to skip the rule.');
  }
  ensureLanguage(language, resolveFrom);
  const metaCharacter = metaCharacterOf(language, resolveFrom);
  const { template, expandStart, expandEnd } = typeof fix === 'string' ? { template: fix } : fix;
  const parsedFix = parseFixTemplate(template, metaCharacter, Object.keys(document.transform ?? {}));
  const config = (rule: Record<string, unknown>) =>
    ({
      rule,
      ...(document.constraints == null ? {} : { constraints: document.constraints }),
      ...(document.utils == null ? {} : { utils: document.utils }),
      ...(document.transform == null ? {} : { transform: document.transform }),
    }) as NapiConfig;
  const expanded = withExpansions(document.rule, metaCharacter, expandStart ?? undefined, expandEnd ?? undefined);
  checkRule({
    located,
    language,
    metaCharacter,
    fix: parsedFix,
    config: config(document.rule),
    expanded: config(expanded),
  });
  const files = pathGlobs(located, 'files');
  const ignores = pathGlobs(located, 'ignores');
  const requiredTexts = findRequiredTexts(document.rule, language);
  return {
    id,
    language,
    config: config(expanded),
    fix: parsedFix,
    expandsStart: expandStart != null,
    expandsEnd: expandEnd != null,
    ...(files === undefined ? {} : { files }),
    ...(ignores === undefined ? {} : { ignores }),
    ...(requiredTexts === undefined ? {} : { requiredTexts }),
  };
}

function pathGlobs({ document, placeOf }: LocatedRule, field: 'files' | 'ignores'): PathGlobs | undefined {
  const globs = document[field];
  if (globs == null) {
    return undefined;
  }
  try {
    return compilePathGlobs(globs.map((glob) => (typeof glob === 'string' ? { glob } : glob)));
  } catch (error) {
    throw ruleFileError(placeOf([field]), `Invalid glob in "${field}".`, 'Close every [ and {.', error);
  }
}
