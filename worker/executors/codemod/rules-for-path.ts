import type { CodemodRule, CodemodRules } from './codemod-rules.ts';
import { isEmbeddedIn, languageByPath } from './languages.ts';

/** The rules that look at a file, by language and by their `files` and `ignores`. The path is relative, with `/`. */
export function rulesForPath({ rules }: CodemodRules, path: string): readonly CodemodRule[] {
  const relative = path.startsWith('./') ? path.slice(2) : path;
  const host = languageByPath(relative);
  if (host === undefined) {
    return [];
  }
  return rules.filter(
    ({ language, files, ignores }) =>
      (language.name === host.name || isEmbeddedIn(language, host)) &&
      ignores?.(relative) !== true &&
      (files === undefined || files(relative)),
  );
}
