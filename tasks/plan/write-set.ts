/**
 * What a subtask declared it may write. Used by the dispatcher, which runs subtasks with overlapping write-sets one
 * after another, and by workers, which refuse what lies outside. An empty set is undeclared: it allows every path and
 * never counts as overlapping. A pattern without magic names a file, or a directory with everything below.
 */
import { compilePattern, hasMagic, literalPrefix, type PathTest, unescapeGlob } from '../expansion/glob-pattern.ts';
import { normalizePattern } from '../task-file/path-rules.ts';

export interface WriteSet {
  /** False for the empty set. */
  declared: boolean;
  /** True when the set allows writing this path. */
  allows: PathTest;
  /** The existing files it covers. */
  matched: ReadonlySet<string>;
  /** Paths it names without magic. */
  literals: readonly string[];
  /** Folders it covers as a whole, with a slash at the end; '' is the whole repository. */
  folders: readonly string[];
  /** Folders in which a pattern of it could match a new file. */
  prefixes: readonly string[];
}

/** Compiles a write-set once for many comparisons. `files` are the paths of the base. */
export function compileWriteSet(writes: readonly string[], files: readonly string[] = []): WriteSet {
  const included = writes.filter((pattern) => !pattern.startsWith('!')).map(normalizePattern);
  const excluded = writes.filter((pattern) => pattern.startsWith('!')).map((pattern) => covering(pattern.slice(1)));
  const tests = included.map(covering);
  const declared = writes.length > 0;
  const allows: PathTest = declared
    ? (path) => tests.some((test) => test(path)) && !excluded.some((test) => test(path))
    : () => true;
  const plain = included
    .filter((pattern) => !hasMagic(pattern))
    .map((pattern) => unescapeGlob(pattern).replace(/\/$/, ''));
  const whole = included.filter((pattern) => isWholeFolder(pattern)).map(literalPrefix);
  return {
    declared,
    allows,
    matched: new Set(declared ? files.filter(allows) : []),
    literals: plain,
    folders: [...whole, ...plain.map((path) => `${path}/`)],
    prefixes: included.filter(hasMagic).map(literalPrefix),
  };
}

/**
 * True when both are declared and could write the same path: an existing file that both cover, a path that one names
 * and the other covers, or a folder that one covers as a whole and in which the other can match.
 */
export function compiledWriteSetsOverlap(left: WriteSet, right: WriteSet): boolean {
  if (!left.declared || !right.declared) return false;
  const [small, large] = left.matched.size <= right.matched.size ? [left, right] : [right, left];
  for (const path of small.matched) if (large.matched.has(path)) return true;
  return reaches(left, right) || reaches(right, left);
}

function reaches(left: WriteSet, right: WriteSet): boolean {
  if (left.literals.some((path) => right.allows(path))) return true;
  return left.folders.some((folder) => right.prefixes.some((prefix) => prefix.startsWith(folder)));
}

function covering(pattern: string): PathTest {
  const bare = normalizePattern(pattern).replace(/([^\\])\/$/, '$1');
  const exact = compilePattern(bare);
  if (hasMagic(bare)) {
    if (!pattern.endsWith('/')) return exact;
    return compilePattern(`${bare}/**`);
  }
  const folder = `${unescapeGlob(bare)}/`;
  return (path) => exact(path) || path.startsWith(folder);
}

function isWholeFolder(pattern: string): boolean {
  const prefix = literalPrefix(pattern);
  const rest = pattern
    .split('/')
    .slice(prefix.split('/').length - 1)
    .join('/');
  return rest === '**' || rest === '**/*';
}
