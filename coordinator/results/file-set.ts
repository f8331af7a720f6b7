import { createHash } from 'node:crypto';
import { compileWriteSet, createPathIndex, matchGlobs, type PathIndex } from '../../tasks/index.ts';

/** Which of many files: by globs as codemods read them, by patterns that name folders with all below, or nearly all. */
export type FileChoice =
  | { kind: 'globs'; globs: readonly string[] }
  | { kind: 'patterns'; patterns: readonly string[] }
  /** In a folder without what git ignores. */
  | { kind: 'all'; except: readonly string[] };

/** Files at one moment, each with a text that changes when it does. */
export interface FileSet {
  /** The paths that are chosen, sorted. */
  choose(choice: FileChoice): string[];
  digest(paths: readonly string[]): string;
}

export function createFileSet(files: ReadonlyMap<string, string>): FileSet {
  let index: PathIndex | undefined;
  const candidates = (patterns: readonly string[]): string[] => {
    index ??= createPathIndex(files.keys());
    return index.candidates(patterns);
  };
  return {
    choose(choice) {
      if (choice.kind === 'all') return [...files.keys()].filter((path) => !choice.except.includes(path)).sort();
      if (choice.kind === 'globs') {
        return matchGlobs(candidates(choice.globs), choice.globs, 'files').map(({ path }) => path);
      }
      const { allows } = compileWriteSet(choice.patterns);
      return choice.patterns.length === 0 ? [] : candidates(choice.patterns).filter(allows);
    },
    digest(paths) {
      const hash = createHash('sha256');
      for (const path of paths) hash.update(`${files.get(path)}\0${path}\0`);
      return hash.digest('hex');
    },
  };
}
