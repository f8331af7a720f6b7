import { normalizePattern } from '../task-file/path-rules.ts';
import { compilePattern, hasMagic, type PathTest } from './glob-pattern.ts';
import { isGitPath, isStatePath } from './own-paths.ts';

export type GlobKind = 'files' | 'files-and-directories';

export interface GlobMatch {
  /** Relative to the repository, with `/`, no slash at the end. */
  path: string;
  directory: boolean;
}

/**
 * The files among `paths` (relative, with `/`), and the directories they lie in, that match the patterns; sorted
 * by the bytes of their paths. A trailing slash means directories only. A pattern without `**`, or one whose last part
 * is a plain name, yields directories and files; any other yields files. `.git` and `.fanfold` are never there.
 */
export function matchGlobs(paths: readonly string[], patterns: readonly string[], kind: GlobKind): GlobMatch[] {
  const tests = compile(patterns);
  const found: GlobMatch[] = [];
  for (const path of paths) {
    if (!isOwn(path) && tests.file(path)) found.push({ path, directory: false });
  }
  if (kind === 'files-and-directories') {
    for (const path of directoriesOf(paths)) {
      if (!isOwn(path) && tests.directory(path)) found.push({ path, directory: true });
    }
  }
  return sortMatches(found);
}

/** Without duplicates, by the bytes of the paths. */
export function sortMatches(matches: readonly GlobMatch[]): GlobMatch[] {
  const unique = new Map(matches.map((match) => [match.path, match]));
  return [...unique.values()]
    .map((match) => ({ match, bytes: Buffer.from(match.path) }))
    .sort((left, right) => Buffer.compare(left.bytes, right.bytes))
    .map(({ match }) => match);
}

function compile(patterns: readonly string[]): { file: PathTest; directory: PathTest } {
  const files: PathTest[] = [];
  const directories: PathTest[] = [];
  const excluded: PathTest[] = [];
  for (const written of patterns) {
    const pattern = normalizePattern(written.startsWith('!') ? written.slice(1) : written);
    const bare = pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
    const test = compilePattern(bare);
    if (written.startsWith('!')) {
      const below = compilePattern(`${bare}/**`);
      excluded.push((path) => test(path) || below(path));
      continue;
    }
    if (bare === pattern) files.push(test);
    if (bare !== pattern || namesDirectories(pattern)) directories.push(test);
  }
  const allowed = (tests: PathTest[]) => (path: string) =>
    tests.some((test) => test(path)) && !excluded.some((test) => test(path));
  return { file: allowed(files), directory: allowed(directories) };
}

function namesDirectories(pattern: string): boolean {
  return !pattern.includes('**') || !hasMagic(pattern.slice(pattern.lastIndexOf('/') + 1));
}

function directoriesOf(paths: readonly string[]): Set<string> {
  const directories = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

function isOwn(path: string): boolean {
  return isGitPath(path) || isStatePath(path);
}
