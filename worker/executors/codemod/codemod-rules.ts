/**
 * Compiled ast-grep rules. Built by load-rules.ts, read by rules-for-path.ts and apply-rules.ts; plain data, so one
 * set serves any number of files in its thread.
 */
import type { NapiConfig } from '@ast-grep/napi';
import type { FixTemplate } from './fix-template.ts';
import type { Language } from './languages.ts';
import type { PathGlobs } from './path-globs.ts';

export interface CodemodRule {
  id: string;
  language: Language;
  /** What the binding searches for, the nodes of expandStart and expandEnd included. */
  config: NapiConfig;
  fix: FixTemplate;
  expandsStart: boolean;
  expandsEnd: boolean;
  files?: PathGlobs;
  ignores?: PathGlobs;
  /** The rule cannot match a source that contains none of these. */
  requiredTexts?: readonly string[];
}

export interface CodemodRules {
  /** In the order in which ast-grep tries rules at a node: by id. */
  rules: readonly CodemodRule[];
}
