import type { RuleFile } from '../../../tasks/index.ts';
import type { CodemodRules } from './codemod-rules.ts';
import { loadRules } from './load-rules.ts';

/** Loaded rules by the text of their files: siblings share them, and reading a large file costs as much as using it. */
export type CodemodRulesCache = Map<string, CodemodRules>;

const keptRules = 16;

/** loadRules, unless the same files were loaded before. Parsers are looked for in `folder`. Throws what loadRules throws. */
export function rememberedRules(
  ruleFiles: readonly RuleFile[],
  folder: string,
  known: CodemodRulesCache,
): CodemodRules {
  const key = ruleFiles.map(({ path, text }) => `${path}\0${text}`).join('\0');
  const rules = known.get(key) ?? loadRules(ruleFiles, { resolveFrom: [folder] });
  known.set(key, rules);
  for (const oldest of known.keys()) {
    if (known.size <= keptRules) break;
    known.delete(oldest);
  }
  return rules;
}
