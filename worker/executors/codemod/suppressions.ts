import type { SgNode } from '@ast-grep/napi';

/** Whether a comment in the file switches a rule off for a match that starts on the line (from 0). */
export type Suppressed = (ruleId: string, line: number) => boolean;

/** Rule ids that a comment names; `all` when it names none. */
type SuppressedIds = ReadonlySet<string> | 'all';

const marker = 'ast-grep-ignore';
/** Words before the marker make it a mention. */
const directive = /^\P{Alphabetic}*?ast-grep-ignore/u;

/**
 * Reads the `ast-grep-ignore` and `ast-grep-ignore: rule-a, rule-b` comments of a tree. A comment after code on its
 * line covers that code; alone on its line it covers the next; alone on the first line and followed by an empty one
 * it covers the file.
 */
export function findSuppressions(root: SgNode, source: string): Suppressed {
  if (!source.includes(marker)) {
    return () => false;
  }
  let whole: SuppressedIds | undefined;
  const lines = new Map<number, SuppressedIds>();
  const comments = root.findAll({ rule: { regex: marker } }).filter(isDirective);
  for (const comment of comments) {
    const { line } = comment.range().start;
    const before = comment.prev()?.range();
    const trailing = before !== undefined && before.end.line === line;
    const after = comment.next()?.range();
    if (line === 0 && !trailing && (after === undefined || after.start.line >= 2)) {
      whole = suppressedIds(comment.text());
      if (whole === 'all') {
        break;
      }
    } else {
      lines.set(trailing ? before.start.line : line + 1, suppressedIds(comment.text()));
    }
  }
  return (ruleId, line) => covers(whole, ruleId) || covers(lines.get(line), ruleId);
}

function isDirective(node: SgNode): boolean {
  return String(node.kind()).includes('comment') && directive.test(node.text());
}

function covers(ids: SuppressedIds | undefined, ruleId: string): boolean {
  return ids !== undefined && (ids === 'all' || ids.has(ruleId));
}

function suppressedIds(comment: string): SuppressedIds {
  const after = comment.slice(comment.indexOf(marker) + marker.length).trim();
  const colon = after.indexOf(':');
  if (colon === -1) {
    return 'all';
  }
  const names = after.slice(colon + 1);
  return new Set(names.split(',').map((name) => name.trimStart().split(' ')[0] ?? ''));
}
