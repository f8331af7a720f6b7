import type { SgNode } from '@ast-grep/napi';
import type { CodemodRule } from './codemod-rules.ts';
import { findSuppressions } from './suppressions.ts';

export interface RuleMatch {
  rule: CodemodRule;
  node: SgNode;
  /** Offsets in UTF-16 code units. */
  start: number;
  end: number;
}

/**
 * All matches that no comment suppresses, parents before children and, at one node, in the order of the rules.
 * A rule costs one call into the binding plus one for each match.
 */
export function findMatches(root: SgNode, rules: readonly CodemodRule[], source: string): RuleMatch[] {
  if (rules.length === 0) {
    return [];
  }
  const suppressed = findSuppressions(root, source);
  const matchesByRule = rules.map((rule) =>
    root.findAll(rule.config).flatMap((node): RuleMatch[] => {
      const { start, end } = node.range();
      return suppressed(rule.id, start.line) ? [] : [{ rule, node, start: start.index, end: end.index }];
    }),
  );
  const found = matchesByRule.filter((matches) => matches.length > 0);
  return found.length <= 1 ? (found[0] ?? []) : found.flat().sort(compareTreeOrder);
}

/** Order of a walk through the tree; 0 for the same node, where a stable sort keeps the order of the rules. */
function compareTreeOrder(left: RuleMatch, right: RuleMatch): number {
  if (left.start !== right.start) {
    return left.start - right.start;
  }
  const bothHaveText = left.end > left.start && right.end > right.start;
  if (left.end !== right.end && bothHaveText) {
    return right.end - left.end;
  }
  if (left.node.id() === right.node.id()) {
    return 0;
  }
  if (isAncestor(left.node, right.node)) {
    return -1;
  }
  return isAncestor(right.node, left.node) ? 1 : left.end - right.end;
}

function isAncestor(upper: SgNode, lower: SgNode): boolean {
  const id = upper.id();
  return lower.ancestors().some((ancestor) => ancestor.id() === id);
}
