import { type NapiConfig, parse } from '@ast-grep/napi';
import { messageOf } from '../../../tasks/index.ts';
import type { FixTemplate } from './fix-template.ts';
import type { Language } from './languages.ts';
import type { LocatedRule } from './rule-documents.ts';
import { ruleFileError } from './rule-file-error.ts';
import { selectsKinds } from './rule-kinds.ts';

interface CheckedRule {
  located: LocatedRule;
  language: Language;
  metaCharacter: string;
  fix: FixTemplate;
  config: NapiConfig;
  /** The config with the expansions of the fix. */
  expanded: NapiConfig;
}

/**
 * Lets the binding compile a rule, and checks what the ast-grep command line checks besides.
 * @throws FanfoldError `codemod-invalid`
 */
export function checkRule({ located, language, metaCharacter, fix, config, expanded }: CheckedRule): void {
  const { document, id, placeOf, placeOfValue } = located;
  const problem = compileError(language, config);
  if (problem !== undefined) {
    const field = /`(rule|utils|constraints|transform)`/.exec(problem)?.[1] ?? 'rule';
    const quoted = [...problem.matchAll(/`([^`]+)`/g)].at(-1)?.[1] ?? '';
    throw ruleFileError(placeOfValue([field], quoted), `Rule "${id}": ${problem}`, reference);
  }
  for (const [name, transformation] of Object.entries(document.transform ?? {})) {
    if (typeof transformation === 'string' ? /^\s*rewrite\s*\(/.test(transformation) : 'rewrite' in transformation) {
      const message = `Rule "${id}" uses the transformation "rewrite", which the Node binding of ast-grep cannot run.`;
      throw ruleFileError(placeOf(['transform', name]), message, 'Use replace, substring or convert.');
    }
  }
  if (!selectsKinds(document.rule, document.utils ?? {})) {
    const message = `Rule "${id}" does not say what kind of node it is about.`;
    throw ruleFileError(placeOf(['rule']), message, 'Add a "kind", or a "pattern" that is more than a meta variable.');
  }
  const undefinedName = fix.variables.find(({ name }) => !isDefined(name, language, metaCharacter, config))?.name;
  if (undefinedName !== undefined) {
    const message = `Rule "${id}": the fix uses ${metaCharacter}${undefinedName}, which nothing in the rule defines.`;
    throw ruleFileError(placeOf(['fix']), message, 'Use meta variables of rule, constraints or transform.');
  }
  const expansionProblem = compileError(language, expanded);
  if (expansionProblem !== undefined) {
    throw ruleFileError(placeOf(['fix']), `Rule "${id}", expansion of the fix: ${expansionProblem}`, reference);
  }
}

const reference = 'See https://ast-grep.github.io/reference/yaml.html for what is allowed.';

/** The binding complains about a transformation whose source is not defined. */
function isDefined(name: string, language: Language, metaCharacter: string, config: NapiConfig): boolean {
  const transform = { ...(config.transform as object), FANFOLD_CHECK: { substring: { source: metaCharacter + name } } };
  return compileError(language, { ...config, transform }) === undefined;
}

function compileError(language: Language, config: NapiConfig): string | undefined {
  try {
    parse(language.name, '').root().findAll(config);
    return undefined;
  } catch (error) {
    return messageOf(error).replaceAll(/\s*\n \|->\s*/g, ' ');
  }
}
